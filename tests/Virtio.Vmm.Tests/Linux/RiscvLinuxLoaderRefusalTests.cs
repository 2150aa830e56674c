using System.Security.Cryptography;
using Virtio.Memory;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Tests.Linux;

/// <summary>The loader refuses a file that cannot be booted, with a line that says why.</summary>
public sealed class RiscvLinuxLoaderRefusalTests : IDisposable
{
    private const ulong Start = 0x8000_0000;
    private const ulong Size = 8 << 20;

    private readonly GuestMemory _memory = GuestMemory.Allocate((Start, Size));

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void An_x86_kernel() => Refused("x86 kernel (bzImage)", KernelImages.With(0x202, "HdrS"u8));

    [Fact]
    public void An_x86_kernel_with_an_EFI_stub()
    {
        var file = KernelImages.With(0x202, "HdrS"u8);
        "MZ"u8.CopyTo(file);
        Refused("x86 kernel (bzImage)", file);
    }

    [Fact]
    public void An_arm64_kernel() => Refused("arm64 kernel", KernelImages.With(0x38, "ARM\x64"u8));

    [Theory]
    [InlineData(62, "x86-64")]
    [InlineData(243, "RISC-V")]
    [InlineData(9999, "ELF file,")]
    public void An_ELF_file(int machine, string expected)
    {
        var file = KernelImages.With(0, "\u007fELF"u8);
        BitConverter.TryWriteBytes(file.AsSpan(18), (ushort)machine);
        Refused(expected, file);
    }

    [Fact]
    public void A_U_Boot_for_machine_mode() => Refused("U-Boot for machine mode", Convert.FromHexString("732540f12a82ae84"));

    [Fact]
    public void A_U_Boot_in_too_little_memory() =>
        Refused("takes 8 MiB from 2 MiB up, and the guest has 8 MiB", Convert.FromHexString("2a82ae84"));

    [Fact]
    public void An_EFI_program() => Refused("EFI program", KernelImages.With(0, "MZ"u8));

    [Fact]
    public void A_ramdisk_in_the_kernels_place() => Refused("initial ramdisk", KernelImages.With(0, "070701"u8));

    [Fact]
    public void A_page_of_text() => Refused("not a Linux kernel", "<html>404 Not Found</html>"u8.ToArray());

    [Fact]
    public void Random_bytes() => Refused("not a Linux kernel", [0, .. RandomNumberGenerator.GetBytes(10_000)]);

    [Fact]
    public void An_empty_file() => Refused("it is empty", []);

    [Theory]
    [InlineData(1, "not a Linux kernel")]
    [InlineData(63, "cut off within its header")]
    public void A_header_that_is_cut_off(int length, string expected) => Refused(expected, KernelImages.Riscv()[..length]);

    [Fact]
    public void A_compression_that_is_not_known() =>
        Refused("compressed with xz", [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, 1, 2, 3]);

    [Fact]
    public void A_kernel_that_is_cut_off() => Refused("cut off: 90000 bytes of 100000", KernelImages.RiscvWithEfiStub(100_000)[..90_000]);

    [Fact]
    public void A_gzip_that_is_cut_off() => Refused("cut off", KernelImages.Gzip(KernelImages.RiscvWithEfiStub(100_000))[..50_000]);

    [Fact]
    public void A_zstd_that_is_cut_off() => Refused("cut off", KernelImages.Zstd(KernelImages.RiscvWithEfiStub(100_000))[..50_000]);

    [Fact]
    public void A_gzip_that_is_damaged()
    {
        var file = KernelImages.Gzip(KernelImages.Riscv());
        file.AsSpan(10, 100).Fill(0xff);
        Refused("damaged", file);
    }

    [Fact]
    public void A_zstd_that_is_damaged()
    {
        var file = KernelImages.Zstd(KernelImages.Riscv());
        file.AsSpan(4, 100).Fill(0xff);
        Refused("damaged", file);
    }

    [Fact]
    public void A_gzip_within_a_gzip() => Refused("not a Linux kernel", KernelImages.Gzip(KernelImages.Gzip(KernelImages.Riscv())));

    [Fact]
    public void An_EFI_kernel_with_a_compression_that_is_not_known() => Refused("'lzma'", KernelImages.Zboot(KernelImages.Riscv(), "lzma"));

    [Fact]
    public void An_EFI_kernel_whose_payload_lies_beyond_its_end()
    {
        var file = KernelImages.Zboot(KernelImages.Gzip(KernelImages.Riscv()), "gzip");
        file.AsSpan(8, 8).Fill(0xff);
        Refused("", file);
    }

    [Fact]
    public void A_kernel_that_takes_more_memory_than_there_is() => Refused("the guest has 8 MiB", KernelImages.Riscv(imageSize: 7 << 20));

    [Fact]
    public void A_kernel_that_says_it_takes_all_there_is_in_the_world() =>
        Refused("the guest has 8 MiB", KernelImages.Riscv(imageSize: ulong.MaxValue));

    [Fact]
    public void A_kernel_that_wants_to_be_beyond_memory() => Refused("the guest has 8 MiB", KernelImages.Riscv(textOffset: 1UL << 63));

    [Fact]
    public void A_kernel_that_does_not_say_how_much_memory_it_takes() => Refused("does not say", KernelImages.Riscv(imageSize: 0));

    [Fact]
    public void A_kernel_that_wants_to_be_at_an_odd_address() => Refused("no multiple of 2 MiB", KernelImages.Riscv(textOffset: 4096));

    [Fact]
    public void A_big_endian_kernel() => Refused("big-endian", KernelImages.Riscv(flags: 1));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_few_bytes_that_unpack_to_more_than_the_header_says(bool gzip)
    {
        byte[] bomb = [.. KernelImages.Riscv(), .. new byte[50 << 20]];
        Refused("longer than", gzip ? KernelImages.Gzip(bomb) : KernelImages.Zstd(bomb));
    }

    [Fact]
    public void A_ramdisk_that_does_not_fit() => Refused("does not fit", KernelImages.Riscv(), new byte[7 << 20]);

    [Fact]
    public void Ramdisks_that_do_not_fit_together() => Refused("does not fit", KernelImages.Riscv(), new byte[3 << 20], new byte[2 << 20]);

    [Fact]
    public void A_ramdisk_that_leaves_no_room_for_the_device_tree() =>
        Refused("device tree", KernelImages.Riscv(), new byte[4 << 20]);

    [Fact]
    public void An_empty_ramdisk() => Refused("is empty", KernelImages.Riscv(), (byte[])[]);

    [Fact]
    public void A_file_that_is_not_there() => Refused("'/nowhere/vmlinuz': there is no such file", (BootSource)"/nowhere/vmlinuz");

    [Fact]
    public void A_directory() => Refused("it is a directory", (BootSource)Path.GetTempPath());

    [Fact]
    public void A_stream_that_fails() => Refused("disk on fire", BootSource.FromStream(() => throw new IOException("disk on fire")));

    private void Refused(string expected, byte[] kernel, params byte[][] initrd) =>
        Refused(expected, BootSource.FromBytes(kernel, "the-file"), initrd);

    private void Refused(string expected, BootSource kernel, params byte[][] initrd)
    {
        var area = new LoadArea(_memory, Start, Size);
        var refusal = Assert.Throws<BootException>(
            () => RiscvLinuxLoader.Load(
                area, kernel, [.. initrd.Select(content => BootSource.FromBytes(content))], _ => new byte[4096], default));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }
}
