using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json;

namespace Virtio.Guest.Tests.Qemu;

/// <summary>A disk that is unplugged from a running guest, and plugged in again.</summary>
[SupportedOSPlatform("linux")]
public sealed class HotplugTests
{
    private const string Gone = "i=0; while [ -e /sys/block/vda ]; do [ $((i += 1)) -lt 300 ] || exit 1; sleep 0.1; done";
    private const string Sum = "i=0; while ! [ -b /dev/vda ]; do [ $((i += 1)) -lt 300 ] || exit 1; sleep 0.1; done; sha256sum </dev/vda";

    [Fact]
    public async Task A_disk_that_is_unplugged_is_let_go_of_and_read_again_when_it_is_plugged_in()
    {
        using var folder = new TemporaryFolder();
        string disk = folder.File("disk.img", RandomNumberGenerator.GetBytes(8 << 20));
        string sum = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(disk)));
        string socket = Path.Combine(folder.Root, "socket");
        using BackEnd server = await BackEnd.StartAsync(disk, socket, packed: true);
        await using QemuGuest guest = await QemuGuest.StartAsync(
            "-device", "pcie-root-port,id=bay",
            "-chardev", $"socket,id=disk,path={socket}",
            "-device", JsonSerializer.Serialize(Device(packed: false)));
        using QemuMonitor monitor = await guest.ConnectMonitorAsync();
        Assert.StartsWith(sum, await guest.RunAsync(Sum), StringComparison.Ordinal);
        Assert.InRange(server.Holdings.Mappings, 1, int.MaxValue);
        Assert.InRange(server.Holdings.Workers, 1, int.MaxValue);

        // The connection either stays for the next device, which has other rings, or ends with its device.
        foreach (bool disconnects in (bool[])[false, true, false])
        {
            await monitor.ExecuteAsync("device_del", new { id = "blk" });
            await monitor.WaitForAsync("DEVICE_DELETED", "blk");
            await guest.RunAsync(Gone);
            Assert.Equal(0, (await server.AwaitHoldingsAsync(held => held.Workers == 0)).Workers);
            if (disconnects)
                await ReconnectAsync(monitor, server, socket);
            await monitor.ExecuteAsync("device_add", Device(packed: !disconnects));
            Assert.StartsWith(sum, await guest.RunAsync(Sum), StringComparison.Ordinal);
        }
    }

    private static Dictionary<string, object> Device(bool packed) =>
        new()
        {
            ["driver"] = "vhost-user-blk-pci",
            ["id"] = "blk",
            ["bus"] = "bay",
            ["chardev"] = "disk",
            ["num-queues"] = 2,
            ["packed"] = packed,
        };

    private static async Task ReconnectAsync(QemuMonitor monitor, BackEnd server, string path)
    {
        await monitor.ExecuteAsync("chardev-remove", new { id = "disk" });
        Assert.Equal(0, (await server.AwaitHoldingsAsync(held => held.Mappings == 0)).Mappings);
        var place = new { type = "unix", data = new { path } };
        await monitor.ExecuteAsync(
            "chardev-add", new { id = "disk", backend = new { type = "socket", data = new { addr = place, server = false } } });
    }
}
