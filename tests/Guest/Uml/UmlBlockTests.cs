using System.Runtime.Versioning;
using System.Security.Cryptography;
using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.VhostUser;

namespace Virtio.Guest.Tests.Uml;

[SupportedOSPlatform("linux")]
public sealed class UmlBlockTests
{
    private const int DeviceType = 2;

    [Fact]
    public async Task User_mode_Linux_reads_and_writes_a_disk_of_ours()
    {
        byte[] content = RandomNumberGenerator.GetBytes(8 << 20);
        using var folder = new TemporaryFolder();
        string socket = Path.Combine(folder.Root, "socket");
        await using VhostUserServer server = VhostUserServer.Listen(new BlockDevice(new MemoryStorage(content)), socket);
        string before = SumOf(content);
        await using (UmlGuest guest = await UmlGuest.StartAsync($"{socket}:{DeviceType}"))
        {
            Assert.Equal(before, (await guest.RunAsync("sha256sum </dev/vda")).Split(' ')[0]);
            string sums = await guest.RunAsync(
                "dd if=/dev/urandom of=/dev/vda bs=64k count=64 seek=32 oflag=direct 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches; " +
                "sha256sum </dev/vda");
            Assert.Equal(SumOf(content), sums.Split(' ')[0]);
        }

        Assert.NotEqual(before, SumOf(content));
    }

    private static string SumOf(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
