using System.Security.Cryptography;
using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.Tests.Storage;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>A driver other than Linux's: U-Boot polls its ring, and sets DRIVER without ACKNOWLEDGE.</summary>
public sealed class UBootTests
{
    private const int SectorSize = 512;

    [Fact]
    public async Task It_finds_two_disks_and_copies_sectors_from_one_to_the_other()
    {
        const int Sectors = 2048;
        const int Target = 4096;
        var first = RandomNumberGenerator.GetBytes(8 << 20);
        var second = new byte[8 << 20];
        await using var guest = await UBoot.StartAsync("", Disk(first), Disk(second));

        await guest.RunAsync("virtio scan");
        var found = await guest.RunAsync("virtio info");
        await guest.RunAsync($"virtio device 0; virtio read 0x90000000 0x10 0x{Sectors:x}");
        await guest.RunAsync($"virtio device 1; virtio write 0x90000000 0x{Target:x} 0x{Sectors:x}");

        Assert.Equal(2, found.Split("Capacity: 8.0 MB").Length - 1);
        var expected = new byte[second.Length];
        first.AsSpan(0x10 * SectorSize, Sectors * SectorSize).CopyTo(expected.AsSpan(Target * SectorSize));
        Assert.True(expected.AsSpan().SequenceEqual(second), "the second disk does not hold what was copied to it, and nothing else");
    }

    [Fact]
    public async Task It_boots_Debians_kernel_from_an_ext4_disk()
    {
        var image = StockKernel.Image(MicroVmMachine.Software);
        using var folder = new TemporaryFolder();
        var disk = await CreateDiskAsync(folder, image);
        await using var guest = await UBoot.StartAsync(image.CommandLine, new BlockDevice(FileStorage.Open(disk)));

        await guest.RunAsync("ext4load virtio 0 ${kernel_addr_r} Image");
        await guest.RunAsync("ext4load virtio 0 ${ramdisk_addr_r} initrd.cpio");
        await guest.Terminal.TypeAsync("booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}");
        await guest.Terminal.ExpectAsync("Starting kernel", UBoot.TimeLimit);
        await guest.Terminal.ExpectAsync(":~# ", UBoot.TimeLimit);

        // The kernel's driver takes the disk over from U-Boot's driver.
        await guest.Terminal.TypeAsync("dd if=/dev/vda of=/dev/null bs=1M count=8 2>/dev/null && echo read-$((6 * 7))");
        await guest.Terminal.ExpectAsync("read-42", UBoot.TimeLimit);
        await guest.Terminal.TypeAsync("poweroff -f");
        Assert.Equal(MicroVmExitReason.PowerOff, (await guest.Vm.WaitForExitAsync().WaitAsync(UBoot.TimeLimit)).Reason);
    }

    private static BlockDevice Disk(byte[] content) => new(new MemoryStorage(content));

    private static async Task<string> CreateDiskAsync(TemporaryFolder folder, GuestImage image)
    {
        var files = Directory.CreateDirectory(Path.Combine(folder.Root, "files")).FullName;
        await CopyAsync(image.Kernel, Path.Combine(files, "Image"));
        await CopyAsync(Assert.Single(image.Initrd), Path.Combine(files, "initrd.cpio"));
        var disk = Path.Combine(folder.Root, "disk.img");
        (var status, var output) = await Programs.Run("mke2fs", "-q", "-t", "ext4", "-d", files, disk, "96M");
        Assert.True(status == 0, output);
        return disk;
    }

    private static async Task CopyAsync(BootSource source, string path)
    {
        await using var from = source.Open();
        await using var to = File.Create(path);
        await from.CopyToAsync(to);
    }
}
