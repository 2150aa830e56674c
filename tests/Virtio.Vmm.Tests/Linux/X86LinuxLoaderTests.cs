using System.Buffers.Binary;
using System.Text;
using Virtio.Memory;
using Virtio.Vmm.Boards.X86;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Tests.Linux;

public sealed class X86LinuxLoaderTests : IDisposable
{
    private const ulong Low = 64 << 20;
    private const ulong High = 32 << 20;
    private const ulong AcpiRoot = 0xe_0000;
    private const ulong ZeroPage = 0x7000;
    private const ulong StartInfo = 0x6000;
    private const ulong ElfAddress = 2 << 20;

    private readonly GuestMemory _memory = GuestMemory.Allocate((0UL, Low), (1UL << 32, High));

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void A_bzImage_is_where_its_header_wants_it_and_begins_at_its_64_bit_entry()
    {
        var kernel = X86KernelImages.BzImage();

        var boot = Load(kernel);

        Assert.Equal(new X86Boot(X86BootProtocol.Linux64, X86KernelImages.LoadAddress + 0x200, ZeroPage), boot);
        Assert.Equal(kernel[X86KernelImages.SetupSize..], Read(X86KernelImages.LoadAddress, kernel.Length - X86KernelImages.SetupSize));
    }

    [Fact]
    public void The_zero_page_has_the_files_header_and_what_a_loader_fills_in()
    {
        var kernel = X86KernelImages.BzImage();

        Load(kernel, [1, 2, 3, 4, 5]);

        var page = Read(ZeroPage, 4096);
        Assert.Equal(kernel[0x22c..0x26b], page[0x22c..0x26b]);
        Assert.Equal(0xff, page[0x210]);
        Assert.Equal(AcpiRoot, BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(0x70)));
        Assert.Equal("quiet panic=-1\0", Encoding.ASCII.GetString(Read(BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(0x228)), 15)));
        Assert.Equal(Low - 4096, BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(0x218)));
        Assert.Equal(5u, BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(0x21c)));
        Assert.All(page[0x26c..0x2d0], value => Assert.Equal(0, value));
    }

    [Fact]
    public void The_zero_page_has_the_memory_map_without_what_a_PC_keeps_below_1_MiB()
    {
        Load(X86KernelImages.BzImage());

        var page = Read(ZeroPage, 4096);
        Assert.Equal(4, page[0x1e8]);
        Assert.Equal(
            [(0UL, 0x9fc00UL, 1u), (0x9fc00UL, 0x60400UL, 2u), (0x100000UL, Low - 0x100000, 1u), (1UL << 32, High, 1u)],
            Enumerable.Range(0, 4).Select(i => (
                BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(0x2d0 + i * 20)),
                BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(0x2d8 + i * 20)),
                BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(0x2e0 + i * 20)))));
    }

    [Fact]
    public void A_signature_behind_the_kernel_is_not_loaded()
    {
        var kernel = X86KernelImages.BzImage(memorySize: 100_000);

        Load([.. kernel, .. Enumerable.Repeat((byte)0xee, 5000)]);

        Assert.Equal(new byte[5000], Read(X86KernelImages.LoadAddress + 100_000, 5000));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void A_wrapped_kernel_is_the_same_kernel(string wrapping)
    {
        byte[][] kernels = [X86KernelImages.BzImage(), X86KernelImages.Elf((ElfAddress, 5000, 9000))];
        foreach (var kernel in kernels)
        {
            var plain = Load(kernel);
            Assert.Equal(plain, Load(wrapping == "gzip" ? KernelImages.Gzip(kernel) : KernelImages.Zstd(kernel)));
        }
    }

    [Fact]
    public void Several_ramdisks_end_where_memory_does_each_on_a_multiple_of_four()
    {
        Load(X86KernelImages.BzImage(), new byte[5000], [6], [7, 8]);

        var start = BinaryPrimitives.ReadUInt32LittleEndian(Read(ZeroPage + 0x218, 4));
        Assert.Equal(Low - 2 * 4096, start);
        Assert.Equal([6, 0, 0, 0, 7, 8], Read(start + 5000, 6));
        Assert.Equal(5006u, BinaryPrimitives.ReadUInt32LittleEndian(Read(ZeroPage + 0x21c, 4)));
    }

    [Fact]
    public void Ramdisks_stay_below_the_address_that_the_kernel_names()
    {
        var kernel = X86KernelImages.BzImage();
        BinaryPrimitives.WriteUInt32LittleEndian(kernel.AsSpan(0x22c), (32 << 20) - 1);

        Load(kernel, new byte[5000]);

        Assert.Equal((32u << 20) - 2 * 4096, BinaryPrimitives.ReadUInt32LittleEndian(Read(ZeroPage + 0x218, 4)));
    }

    [Fact]
    public void A_ramdisk_that_does_not_know_its_length_is_right_above_the_kernel()
    {
        X86LinuxLoader.Load(_memory, new LinuxFiles(X86KernelImages.BzImage(memorySize: 300_000), [Unseekable([1, 2, 3])], ""), 0, default);

        var start = BinaryPrimitives.ReadUInt32LittleEndian(Read(ZeroPage + 0x218, 4));
        Assert.Equal(X86KernelImages.LoadAddress + 74 * 4096, start);
        Assert.Equal([1, 2, 3], Read(start, 3));
    }

    [Fact]
    public void An_ELF_kernel_is_where_its_program_headers_say_with_zeros_behind_each_segment()
    {
        var kernel = X86KernelImages.Elf((ElfAddress, 300_001, 400_000), (ElfAddress + (1 << 20), 3, 3));

        var boot = Load(kernel);

        Assert.Equal(new X86Boot(X86BootProtocol.Pvh, ElfAddress, StartInfo), boot);
        Assert.Equal([.. kernel[4096..304_097], .. new byte[1000]], Read(ElfAddress, 301_001));
        Assert.Equal(kernel[304_097..304_100], Read(ElfAddress + (1 << 20), 3));
    }

    [Fact]
    public void The_start_info_names_parameters_ramdisk_tables_and_the_memory_map()
    {
        Load(X86KernelImages.Elf((ElfAddress, 100, 100)), [1, 2, 3]);

        var info = Read(StartInfo, 56);
        var module = Read(BinaryPrimitives.ReadUInt64LittleEndian(info.AsSpan(16)), 16);
        var map = Read(BinaryPrimitives.ReadUInt64LittleEndian(info.AsSpan(40)), 4 * 24);
        Assert.Equal((0x336ec578u, 1u, 1u), (UInt32(info), UInt32(info.AsSpan(4)), UInt32(info.AsSpan(12))));
        Assert.Equal("quiet panic=-1\0", Encoding.ASCII.GetString(Read(BinaryPrimitives.ReadUInt64LittleEndian(info.AsSpan(24)), 15)));
        Assert.Equal(AcpiRoot, BinaryPrimitives.ReadUInt64LittleEndian(info.AsSpan(32)));
        Assert.Equal((Low - 4096, 3u), (UInt32(module), UInt32(module.AsSpan(8))));
        Assert.Equal(4u, UInt32(info.AsSpan(48)));
        Assert.Equal(1UL << 32, BinaryPrimitives.ReadUInt64LittleEndian(map.AsSpan(72)));
        Assert.Equal((High, 1u), (BinaryPrimitives.ReadUInt64LittleEndian(map.AsSpan(80)), UInt32(map.AsSpan(88))));
    }

    [Fact]
    public void A_note_may_be_inside_of_a_segment_and_without_what_pads_it()
    {
        var kernel = X86KernelImages.Elf((ElfAddress, 100, 100));
        var note = X86KernelImages.Note("Xen\0"u8, 18, BitConverter.GetBytes((uint)ElfAddress + 64));
        note.CopyTo(kernel, 4096);
        BinaryPrimitives.WriteUInt64LittleEndian(kernel.AsSpan(64 + 56 + 8), 4096);
        BinaryPrimitives.WriteUInt64LittleEndian(kernel.AsSpan(64 + 56 + 32), (ulong)note.Length);

        Assert.Equal(ElfAddress + 64, Load(kernel).Entry);
    }

    [Fact]
    public void A_cancelled_load_stops()
    {
        foreach (var kernel in (byte[][])[X86KernelImages.BzImage(), X86KernelImages.Elf((ElfAddress, 100, 100))])
        {
            Assert.Throws<OperationCanceledException>(
                () => X86LinuxLoader.Load(_memory, new LinuxFiles(kernel, [], ""), 0, new CancellationToken(canceled: true)));
        }
    }

    [Fact]
    public void The_architecture_of_a_kernel_is_told_however_it_is_wrapped()
    {
        var elf = X86KernelImages.Elf((ElfAddress, 100, 100));
        Assert.Equal(KernelArchitecture.X86, Architecture(X86KernelImages.BzImage()));
        Assert.Equal(KernelArchitecture.X86, Architecture(KernelImages.Zstd(elf)));
        Assert.Equal(KernelArchitecture.Riscv64, Architecture(KernelImages.Zboot(KernelImages.Gzip(KernelImages.Riscv()), "gzip")));
        Assert.Equal(KernelArchitecture.Arm64, Architecture(KernelImages.With(0x38, "ARM\x64"u8)));
        Assert.Equal(KernelArchitecture.Unknown, Architecture([1, 2, 3]));
    }

    private static KernelArchitecture Architecture(byte[] kernel) => KernelFormat.ArchitectureOf((BootSource)kernel);

    private static BootSource Unseekable(byte[] content) => BootSource.FromStream(
        () => new System.IO.Compression.GZipStream(
            new MemoryStream(KernelImages.Gzip(content)), System.IO.Compression.CompressionMode.Decompress));

    private static uint UInt32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private X86Boot Load(byte[] kernel, params byte[][] initrd) => X86LinuxLoader.Load(
        _memory, new LinuxFiles(kernel, [.. initrd.Select(content => BootSource.FromBytes(content))], "quiet panic=-1"), AcpiRoot, default);

    private byte[] Read(ulong address, int length)
    {
        var bytes = new byte[length];
        Assert.True(_memory.TryRead(address, bytes));
        return bytes;
    }
}
