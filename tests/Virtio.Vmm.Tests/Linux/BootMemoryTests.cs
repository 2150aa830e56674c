using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Tests.Linux;

public sealed class BootMemoryTests : IDisposable
{
    private const ulong MiB = 1 << 20;

    private readonly string _kernel = Path.GetTempFileName();

    public void Dispose() => File.Delete(_kernel);

    /// <summary>20 MiB for the kernel, 7 MiB beside it, 3 times 5 MiB for the ramdisks.</summary>
    [Fact]
    public void An_image_is_refused_where_kernel_and_ramdisks_need_more_memory()
    {
        BootSource[] initrd = [new byte[4 * MiB], BootSource.FromBytes(new byte[MiB])];

        BootMemory.Require(BootSource.FromImage(_kernel, 7 * MiB), 20 * MiB, initrd, 42 * MiB);
        var refusal = Assert.Throws<BootException>(
            () => BootMemory.Require(BootSource.FromImage(_kernel, 7 * MiB + 1), 20 * MiB, initrd, 42 * MiB));

        Assert.Equal(
            $"42 MiB of memory are too little for '{_kernel}' and its initial ramdisks: they need 44 MiB to boot; "
            + "give the guest at least that much",
            refusal.Message);
    }

    [Fact]
    public void A_kernel_of_which_nothing_is_known_is_not_refused() => BootMemory.Require(_kernel, 1000 * MiB, [new byte[MiB]], MiB);

    [Fact]
    public void A_ramdisk_that_is_a_file_counts_and_a_stream_and_a_file_that_is_missing_do_not()
    {
        File.WriteAllBytes(_kernel, new byte[2 * MiB]);
        var opened = 0;
        BootSource[] initrd = [_kernel, "/no/such/file", BootSource.FromStream(() => throw new InvalidOperationException($"{++opened}"))];

        BootMemory.Require(BootSource.FromImage(_kernel, 0), 2 * MiB, initrd, 8 * MiB);
        Assert.Throws<BootException>(() => BootMemory.Require(BootSource.FromImage(_kernel, 0), 2 * MiB, initrd, 6 * MiB));

        Assert.Equal(0, opened);
    }
}
