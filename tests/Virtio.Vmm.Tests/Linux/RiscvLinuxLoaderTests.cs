using System.Security.Cryptography;
using Virtio.Memory;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Tests.Linux;

public sealed class RiscvLinuxLoaderTests : IDisposable
{
    private const ulong Start = 0x8000_0000;
    private const ulong Size = 8 << 20;
    private const ulong TextOffset = 2 << 20;

    private readonly GuestMemory _memory = GuestMemory.Allocate((Start, Size));
    private InitrdRange? _initrd;

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void The_kernel_is_where_its_header_wants_it_and_the_rest_above_it()
    {
        var kernel = KernelImages.Riscv();
        byte[] initrd = [1, 2, 3, 4, 5];

        var boot = Load(kernel, initrd);

        Assert.Equal(Start + TextOffset, boot.Entry);
        Assert.Equal(kernel, Read(boot.Entry, kernel.Length));
        Assert.Equal(boot.Entry + (2 << 20), _initrd!.Value.Start); // nothing may be in the last 2 MiB page that the kernel uses
        Assert.Equal(initrd, Read(_initrd.Value.Start, 5));
        Assert.Equal(_initrd.Value.Start + 5, _initrd.Value.End);
        Assert.True(boot.DeviceTree >= _initrd.Value.End);
        Assert.Equal(0u, boot.DeviceTree % 4096);
        Assert.Equal("tree"u8, Read(boot.DeviceTree, 4));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("zboot gzip")]
    [InlineData("zboot zstd22")]
    public void A_wrapped_kernel_is_the_same_kernel(string wrapping)
    {
        var kernel = KernelImages.RiscvWithEfiStub(150_000);

        var boot = Load(wrapping switch
        {
            "gzip" => KernelImages.Gzip(kernel),
            "zstd" => KernelImages.Zstd(kernel),
            "zboot gzip" => KernelImages.Zboot(KernelImages.Gzip(kernel), "gzip"),
            _ => KernelImages.Zboot(KernelImages.Zstd(kernel), "zstd22"),
        });

        Assert.Equal(kernel, Read(boot.Entry, kernel.Length));
    }

    [Fact]
    public void Several_ramdisks_are_one_behind_the_other_each_on_a_multiple_of_four()
    {
        Load(KernelImages.Riscv(), [1, 2, 3, 4, 5], [6], [7, 8]);

        Assert.Equal(
            [1, 2, 3, 4, 5, 0, 0, 0, 6, 0, 0, 0, 7, 8],
            Read(_initrd!.Value.Start, (int)(_initrd.Value.End - _initrd.Value.Start)));
    }

    [Fact]
    public void Without_a_ramdisk_the_tree_is_told_so()
    {
        Load(KernelImages.Riscv());

        Assert.Null(_initrd);
    }

    [Fact]
    public void A_file_and_a_stream_that_cannot_seek_serve_as_well()
    {
        var path = Path.GetTempFileName();
        try
        {
            var kernel = KernelImages.Riscv();
            File.WriteAllBytes(path, kernel);
            var boot = RiscvLinuxLoader.Load(
                Area(), path, [BootSource.FromStream(() => new System.IO.Compression.GZipStream(
                    new MemoryStream(KernelImages.Gzip([1, 2, 3])), System.IO.Compression.CompressionMode.Decompress))], Tree, default);

            Assert.Equal(kernel, Read(boot.Entry, kernel.Length));
            Assert.Equal([1, 2, 3], Read(_initrd!.Value.Start, 3));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("2a82ae84", "")]
    [InlineData("1302050093840500", "")]
    [InlineData("2a82ae84", "gzip")]
    public void A_U_Boot_is_2_MiB_above_the_start_of_memory_with_room_for_its_zeroed_data(string instructions, string wrapping)
    {
        const ulong memorySize = 32 << 20;
        using var memory = GuestMemory.Allocate((Start, memorySize));
        byte[] program = [.. Convert.FromHexString(instructions), .. RandomNumberGenerator.GetBytes(700_000)];

        var boot = RiscvLinuxLoader.Load(
            new LoadArea(memory, Start, memorySize), wrapping.Length > 0 ? KernelImages.Gzip(program) : program, [], Tree, default);

        var loaded = new byte[program.Length];
        Assert.True(memory.TryRead(boot.Entry, loaded));
        Assert.Equal(program, loaded);
        Assert.Equal(Start + TextOffset, boot.Entry);
        Assert.True(boot.DeviceTree >= boot.Entry + (8 << 20));
    }

    [Fact]
    public void A_cancelled_load_stops() => Assert.Throws<OperationCanceledException>(
        () => RiscvLinuxLoader.Load(Area(), KernelImages.Riscv(), [], Tree, new CancellationToken(canceled: true)));

    private RiscvBoot Load(byte[] kernel, params byte[][] initrd) =>
        RiscvLinuxLoader.Load(Area(), kernel, [.. initrd.Select(content => BootSource.FromBytes(content))], Tree, default);

    private LoadArea Area() => new(_memory, Start, Size);

    private byte[] Tree(InitrdRange? initrd)
    {
        _initrd = initrd;
        return "tree"u8.ToArray();
    }

    private byte[] Read(ulong address, int length)
    {
        var bytes = new byte[length];
        Assert.True(_memory.TryRead(address, bytes));
        return bytes;
    }
}
