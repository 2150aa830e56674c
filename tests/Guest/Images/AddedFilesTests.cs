using Virtio.Devices.Block;
using Virtio.Guest.Tests.Machines;
using Virtio.Storage;
using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests.Images;

/// <summary>The guest image with files and modules added to it, as the kernel and the guest's programs see them.</summary>
public sealed class AddedFilesTests
{
    private const long MiB = 1 << 20;

    [Theory]
    [OnEachMachine]
    public async Task Files_are_where_they_were_put_with_their_bytes_and_modes_and_the_image_is_otherwise_as_it_was(MicroVmMachine machine)
    {
        Guests.RequireImage(machine);
        byte[] big = new byte[3 * MiB + 5];
        new Random(1).NextBytes(big);
        GuestImage image = GuestImage.Find(machine)
            .WithFile("#!/bin/sh\necho tool $1\n"u8.ToArray(), "/bin/own-tool", (UnixFileMode)0b111_101_101)
            .WithFile(big, "/opt/one/two/big")
            .WithFile("guest-name\n"u8.ToArray(), "/etc/hostname");
        await using LinuxGuest guest = await Guests.StartAsync(new LinuxGuestOptions { Machine = machine, Image = image });

        GuestResult result = await guest.RunAsync(
            "own-tool works; readlink /bin; stat -c '%a %U %s' /usr/bin/own-tool /opt/one/two/big; stat -c '%a %U' /opt/one; " +
            "sha256sum </opt/one/two/big; cat /etc/hostname; ls /bin/busybox");

        string sum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(big));
        Assert.Equal(
            ["tool works", "usr/bin", "755 root 23", $"644 root {big.Length}", "755 root", $"{sum}  -", "guest-name", "/bin/busybox"],
            result.Text.Split('\n'));
    }

    [Theory]
    [OnEachMachine]
    public async Task Modules_are_loaded_at_boot_with_what_they_need(MicroVmMachine machine)
    {
        Guests.RequireImage(machine);
        await using LinuxGuest guest = await Guests.StartAsync(
            new LinuxGuestOptions
            {
                Machine = machine,
                Image = GuestImage.Find(machine).WithModules("btrfs", "nbd", "virtio-net", "virtio_console"),
            });

        GuestResult result = await guest.RunAsync(
            "for name in btrfs raid6_pq nbd virtio_net net_failover; do [ -d /sys/module/$name ] && echo $name; done; " +
            "cat /proc/filesystems | grep btrfs; modprobe overlay && echo overlay");

        Assert.Equal(["btrfs", "raid6_pq", "nbd", "virtio_net", "net_failover", "\tbtrfs", "overlay"], result.Text.Split('\n'));
    }

    [Theory]
    [OnEachMachine(InEveryRun = true)]
    public async Task A_disk_is_mounted_without_its_file_system_being_named(MicroVmMachine machine)
    {
        await using LinuxGuest guest = await Guests.StartAsync(machine, new BlockDevice(new MemoryStorage(16 * MiB)));

        GuestResult result = await guest.RunAsync(
            "mkfs.ext4 -q -E nodiscard /dev/vda; mount /dev/vda /mnt; echo kept >/mnt/file; umount /mnt; mount /dev/vda /mnt; " +
            "cat /mnt/file; grep -c '/dev/vda /mnt ext4' /proc/mounts");

        Assert.Equal("kept\n1", result.Text);
    }
}
