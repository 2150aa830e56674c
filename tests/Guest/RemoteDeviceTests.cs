using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Guest.Tests.Machines;
using Virtio.Storage;
using Virtio.Testing.Guest;
using Virtio.VhostUser;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

/// <summary>Devices of other processes in our machines.</summary>
[SupportedOSPlatform("linux")]
public sealed class RemoteDeviceTests
{
    private const int DiskLength = 32 << 20;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    // Writes, reads back, compares; last the sum of the whole disk.
    private const string Script =
        "dd if=/dev/urandom of=/tmp/data bs=1M count=8 2>/dev/null; dd if=/tmp/data of=/dev/vda bs=64k seek=3 conv=fsync 2>/dev/null; " +
        "echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda bs=64k skip=3 count=128 2>/dev/null | cmp - /tmp/data && sha256sum </dev/vda";

    // Unbinds and binds the driver, which each time sets up the rings again.
    private const string Rebind =
        "cd /sys/bus/virtio/drivers/virtio_blk; device=$(ls -d virtio*); for i in 1 2 3 4 5; " +
        "do echo $device >unbind && echo $device >bind || exit 9; done; cd /; ";

    [Theory]
    [OnEachMachine(1)]
    [OnEachMachine(2)]
    public async Task A_disk_of_qemu_storage_daemon_holds_what_the_guest_wrote(MicroVmMachine machine, int queues)
    {
        Guests.RequireImage(machine);
        string program = Programs.Find("qemu-storage-daemon");
        using var folder = new TemporaryFolder();
        string image = folder.Sparse("disk.img", DiskLength);
        string socket = Path.Combine(folder.Root, "socket");
        string pid = Path.Combine(folder.Root, "pid");
        using Process daemon = Process.Start(program,
        [
            "--blockdev", $"driver=file,node-name=disk,filename={image}",
            "--export", $"type=vhost-user-blk,id=export,node-name=disk,writable=on,num-queues={queues},addr.type=unix,addr.path={socket}",
            "--pidfile", pid,
        ]);
        try
        {
            // The socket's file exists before the daemon listens; the process id's file is written after that.
            Assert.True(SpinWait.SpinUntil(() => File.Exists(pid), StartLimit), "the daemon does not listen");
            await using (LinuxGuest guest = await Guests.StartAsync(machine, VhostUserDevice.Connect(DeviceId.Block, socket)))
            {
                GuestResult result = await guest.RunAsync(Rebind + Script);
                await using FileStream file = File.OpenRead(image);
                Assert.Equal(Convert.ToHexStringLower(await SHA256.HashDataAsync(file)), result.Text.Split(' ')[0]);
            }

            // The daemon serves the next front-end.
            await using VhostUserDevice again = VhostUserDevice.Connect(DeviceId.Block, socket);
            Assert.Equal(queues, again.QueueSizes.Length);
        }
        finally
        {
            daemon.Kill();
            await daemon.WaitForExitAsync();
        }
    }

    [Theory]
    [OnEachMachine]
    public async Task A_disk_of_our_own_server_holds_what_the_guest_wrote_over_packed_rings(MicroVmMachine machine)
    {
        Guests.RequireImage(machine);
        using var folder = new TemporaryFolder();
        byte[] image = new byte[DiskLength];
        string socket = Path.Combine(folder.Root, "socket");
        await using VhostUserServer server = VhostUserServer.Listen(
            new BlockDevice(new MemoryStorage(image), new BlockDeviceOptions { Queues = 2 }),
            socket,
            new VhostUserServerOptions { Packed = true });
        await using LinuxGuest guest = await Guests.StartAsync(machine, VhostUserDevice.Connect(DeviceId.Block, socket));

        GuestResult result = await guest.RunAsync($"cat /sys/block/vda/device/features; {Script}");

        string[] lines = result.Text.Split('\n');
        Assert.Equal('1', lines[0][34]);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(image)), lines[1].Split(' ')[0]);
    }
}
