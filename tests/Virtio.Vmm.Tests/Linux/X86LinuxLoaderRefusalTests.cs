using System.Buffers.Binary;
using System.Security.Cryptography;
using Virtio.Memory;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Tests.Linux;

/// <summary>The loader for the x86 board refuses a file that cannot be booted, with a line that says why.</summary>
public sealed class X86LinuxLoaderRefusalTests : IDisposable
{
    private const ulong Low = 64 << 20;
    private const ulong Address = 2 << 20;

    private readonly GuestMemory _memory = GuestMemory.Allocate((0UL, Low), (1UL << 32, 2UL << 20));

    /// <summary>Offset and length of a field in a bzImage's setup header, a wrong value for it, and the message.</summary>
    public static TheoryData<int, int, ulong, string> WrongSetup => new()
    {
        { 0x1f4, 4, 0, "no code" },
        { 0x1f4, 4, uint.MaxValue, "init_size" },
        { 0x1fe, 2, 0, "no boot signature" },
        { 0x201, 1, 0x20, "before its last field" },
        { 0x206, 2, 0x20b, "boot protocol is 2.11" },
        { 0x206, 2, 0, "too old" },
        { 0x211, 1, 0, "zImage" },
        { 0x236, 2, 0, "32-bit kernel" },
        { 0x230, 4, 0, "against its own alignment" },
        { 0x230, 4, 3, "against its own alignment" },
        { 0x230, 4, 0x8000_0000, "against its own alignment" },
        { 0x238, 4, 10, "it takes 10 characters of parameters" },
        { 0x248, 4, 100_000, "payload beyond its end" },
        { 0x24c, 4, uint.MaxValue, "payload beyond its end" },
        { 0x258, 8, 0, "below 1 MiB" },
        { 0x258, 8, 1UL << 32, "the guest has 64 MiB" },
        { 0x258, 8, ulong.MaxValue & ~0x1f_ffffUL, "the guest has 64 MiB" },
        { 0x260, 4, 0, "less memory than it is long" },
        { 0x260, 4, uint.MaxValue, "the guest has 64 MiB" },
        { 0x260, 4, (ulong)(48 << 20) + 1, "the guest has 64 MiB" },
    };

    /// <summary>Offset and length of a field in an ELF file of two segments and notes, a wrong value for it, and the message.</summary>
    public static TheoryData<int, int, ulong, string> WrongElf => new()
    {
        { 4, 1, 1, "32 bits" },
        { 5, 1, 2, "32 bits" },
        { 18, 2, 183, "for arm64, and this machine is x86-64" },
        { 18, 2, 9999, "an ELF file, and this machine is x86-64" },
        { 32, 8, ulong.MaxValue, "not all in its first" },
        { 32, 8, 4096 - 3 * 56 + 1, "not all in its first" },
        { 54, 2, 32, "32 bytes long" },
        { 56, 2, 0, "nothing to load" },
        { 56, 2, ushort.MaxValue, "not all in its first" },
        { 64, 4, 0, "PVH entry 0x200000 is not in what is loaded" },
        { 64 + 8, 8, ulong.MaxValue, "further into the file than any kernel is long" },
        { 64 + 8, 8, 1 << 29, "cut off" },
        { 64 + 24, 8, 0, "below 1 MiB" },
        { 64 + 24, 8, 0xf_f000, "below 1 MiB" },
        { 64 + 24, 8, ulong.MaxValue - 100, "beyond the last address" },
        { 64 + 24, 8, (ulong)(64 << 20) - 999, "beyond the guest's memory" },
        { 64 + 24, 8, 1UL << 32, "beyond the guest's memory" },
        { 64 + 24, 8, (ulong)(3 << 20) - 500, "overlaps the one at" },
        { 64 + 32, 8, 2000, "more bytes in the file" },
        { 64 + 32, 8, ulong.MaxValue, "further into the file than any kernel is long" },
        { 64 + 40, 8, ulong.MaxValue, "beyond the last address" },
        { 64 + 40, 8, (ulong)(64 << 20), "beyond the guest's memory" },
        { 64 + 40, 8, 1 << 21, "overlaps the one at" },
        { 64 + 2 * 56, 4, 0, "without a PVH entry" },
        { 64 + 2 * 56 + 32, 8, 1 << 17, "more than any kernel" },
        { 64 + 2 * 56 + 32, 8, 0, "without a PVH entry" },
    };

    /// <summary>Notes, and the message.</summary>
    public static TheoryData<byte[], string> WrongNotes => new()
    {
        { [], "without a PVH entry: build it with CONFIG_PVH=y" },
        { [1, 2, 3], "without a PVH entry" },
        { X86KernelImages.Note("Xen\0"u8, 17, new byte[4]), "without a PVH entry" },
        { X86KernelImages.Note("Hen\0"u8, 18, new byte[4]), "without a PVH entry" },
        { X86KernelImages.Note("Xen\0"u8, 18, new byte[3]), "has 3 bytes instead of 4 or 8" },
        { X86KernelImages.Note("Xen\0"u8, 18, []), "has 0 bytes instead of 4 or 8" },
        { X86KernelImages.Note("Xen\0"u8, 18, new byte[4]), "PVH entry 0x0 is not in what is loaded" },
        {
            X86KernelImages.Note("Xen\0"u8, 18, BitConverter.GetBytes(ulong.MaxValue)),
            "PVH entry 0xffffffffffffffff is not in what is loaded"
        },
        { X86KernelImages.Note("Xen\0"u8, 18, BitConverter.GetBytes(Address + 1000)), "is not in what is loaded" },
        { X86KernelImages.Note("Xen\0"u8, 18, new byte[8])[..16], "one goes beyond their end" },
        { [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 18, 0, 0, 0], "one goes beyond their end" },
        { [4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 18, 0, 0, 0, 0, 0, 0, 0], "one goes beyond their end" },
        { [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 18, 0, 0, 0], "one goes beyond their end" },
    };

    public void Dispose() => _memory.Dispose();

    [Theory]
    [MemberData(nameof(WrongSetup))]
    public void A_bzImage_with_a_wrong_setup_header(int offset, int size, ulong value, string expected) =>
        Refused(expected, With(X86KernelImages.BzImage(), offset, size, value));

    [Theory]
    [MemberData(nameof(WrongElf))]
    public void An_ELF_file_with_a_wrong_header(int offset, int size, ulong value, string expected) =>
        Refused(expected, With(X86KernelImages.Elf((Address, 1000, 1000), (Address + (1 << 20), 1000, 1000)), offset, size, value));

    [Theory]
    [MemberData(nameof(WrongNotes))]
    public void An_ELF_file_with_wrong_notes(byte[] notes, string expected) =>
        Refused(expected, X86KernelImages.Elf(notes, (Address, 1000, 1000)));

    [Theory]
    [InlineData(0x203, "not a Linux kernel")]
    [InlineData(0x206, "cut off within its setup header")]
    [InlineData(0x28f, "cut off within its setup header")]
    [InlineData(0x290, "cut off: 0 bytes of 100000")]
    [InlineData(90_000, "cut off: 87440 bytes of 100000")]
    public void A_bzImage_that_is_cut_off(int length, string expected) => Refused(expected, X86KernelImages.BzImage()[..length]);

    [Theory]
    [InlineData(4, "an ELF file, and this machine is x86-64")]
    [InlineData(63, "cut off within its ELF header")]
    [InlineData(100, "not all in its first 100 bytes")]
    [InlineData(5000, "cut off: 1156 bytes at its end are missing")]
    public void An_ELF_file_that_is_cut_off(int length, string expected) =>
        Refused(expected, X86KernelImages.Elf((Address, 2000, 2000))[..length]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_compressed_kernel_that_is_cut_off_or_damaged(bool gzip)
    {
        foreach (var kernel in (byte[][])[X86KernelImages.BzImage(), X86KernelImages.Elf((Address, 100_000, 100_000))])
        {
            var file = gzip ? KernelImages.Gzip(kernel) : KernelImages.Zstd(kernel);
            Refused("cut off", file[..50_000]);
            file.AsSpan(10, 100).Fill(0xff);
            Refused("damaged", file);
        }
    }

    [Fact]
    public void A_riscv_kernel() => Refused("it is a riscv64 kernel (Image), and this machine is x86-64", KernelImages.Riscv());

    [Fact]
    public void An_arm64_kernel() => Refused("arm64 kernel", KernelImages.With(0x38, "ARM\x64"u8));

    [Fact]
    public void An_EFI_program() => Refused("EFI program that is no x86-64 kernel", KernelImages.With(0, "MZ"u8));

    [Fact]
    public void An_empty_file() => Refused("it is empty", []);

    [Fact]
    public void Random_bytes() => Refused("not a Linux kernel", [0, .. RandomNumberGenerator.GetBytes(10_000)]);

    [Fact]
    public void Random_headers_are_refused_or_loaded_but_never_anything_else()
    {
        var random = new Random(20261123);
        for (var i = 0; i < 3000; i++)
        {
            var kernel = i % 2 == 0 ? X86KernelImages.BzImage(4096) : X86KernelImages.Elf((Address, 1000, 1000), (Address + 4096, 10, 10));
            for (var changes = random.Next(1, 6); changes > 0; changes--)
                kernel[i % 2 == 0 ? random.Next(0x1f1, 0x270) : random.Next(4, 64 + 3 * 56)] = (byte)random.Next(256);

            Assert.IsType<BootException>(Record.Exception(() => Load(kernel)) ?? new BootException());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_ramdisk_that_does_not_fit(bool isElf) =>
        Refused("does not fit", isElf ? X86KernelImages.Elf((Address, 1000, 1000)) : X86KernelImages.BzImage(), new byte[63 << 20]);

    [Fact]
    public void A_ramdisk_where_the_kernel_lets_none_be()
    {
        var kernel = X86KernelImages.BzImage();
        BinaryPrimitives.WriteUInt32LittleEndian(kernel.AsSpan(0x22c), 0);
        Refused("0 bytes of the guest's memory are free", kernel, [1]);
    }

    [Fact]
    public void A_ramdisk_that_is_longer_than_it_said()
    {
        var liar = BootSource.FromStream(() => new Liar(new byte[10_000]), "liar");
        var refusal = Assert.Throws<BootException>(
            () => X86LinuxLoader.Load(_memory, new LinuxFiles(X86KernelImages.BzImage(), [liar], ""), 0, default));
        Assert.Contains("'liar' does not fit", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_ramdisk() => Refused("is empty", X86KernelImages.BzImage(), (byte[])[]);

    private static byte[] With(byte[] kernel, int offset, int size, ulong value)
    {
        BitConverter.GetBytes(value).AsSpan(0, size).CopyTo(kernel.AsSpan(offset));
        return kernel;
    }

    private void Refused(string expected, byte[] kernel, params byte[][] initrd)
    {
        var refusal = Assert.Throws<BootException>(() => Load(kernel, initrd));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    private X86Boot Load(byte[] kernel, params byte[][] initrd) => X86LinuxLoader.Load(
        _memory,
        new LinuxFiles(
            BootSource.FromBytes(kernel, "the-file"), [.. initrd.Select(content => BootSource.FromBytes(content))], "quiet panic=-1"),
        0,
        default);

    private sealed class Liar(byte[] content) : MemoryStream(content)
    {
        public override long Length => 5000;
    }
}
