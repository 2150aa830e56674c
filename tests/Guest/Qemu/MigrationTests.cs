using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.VhostUser;

namespace Virtio.Guest.Tests.Qemu;

/// <summary>A guest that migrates to another QEMU, with another server for the same disk.</summary>
[SupportedOSPlatform("linux")]
public sealed class MigrationTests
{
    private const int DiskLength = 96 << 20;

    // Offset and length of an area behind the one that the jobs write.
    private const int PatternMegabyte = 64;
    private const int PatternLength = 16 << 20;

    private const int PageSize = 4096;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_guest_that_migrates_under_load_finds_all_it_read_and_wrote(bool packed)
    {
        using var folder = new TemporaryFolder();
        string disk = folder.Sparse("disk.img", DiskLength);
        string pattern = WritePattern(disk);
        await using VhostUserServer from = Serve(disk, Path.Combine(folder.Root, "from"), packed);
        await using VhostUserServer to = Serve(disk, Path.Combine(folder.Root, "to"), packed);
        await using QemuGuest source = await QemuGuest.StartAsync(Device(Path.Combine(folder.Root, "from"), packed));

        // Only reads make the device write to the guest's memory. The first job keeps its buffers and never writes to them itself, so only
        // this device's dirty log shows that they change.
        await source.RunAsync(
            "fio --name=read --filename=/dev/vda --offset=64m --size=16m --rw=randread --bs=64k --ioengine=libaio --iodepth=64 " +
            "--direct=1 --time_based --runtime=600 >/dev/null 2>&1 & echo $! >/tmp/reader; " +
            "until [ $(awk '{print $1}' /sys/block/vda/stat) -ge 1000 ]; do sleep 0.1; done");
        await source.RunAsync(
            "touch /tmp/go; (while [ -e /tmp/go ]; do fio --name=verify --filename=/dev/vda --rw=randrw --bs=4k --size=16m " +
            "--offset_increment=16m --io_size=4m --numjobs=4 --ioengine=libaio " +
            "--iodepth=16 --direct=1 --verify=crc32c --verify_backlog=64 --verify_fatal=1 --randrepeat=1 --thread >/tmp/log 2>&1 || " +
            "{ touch /tmp/failed; break; }; done; touch /tmp/written) >/dev/null 2>&1 & " +
            "(while [ -e /tmp/go ]; do dd if=/dev/vda bs=1M skip=64 count=16 iflag=direct 2>/dev/null | sha256sum; done >/tmp/sums; " +
            "touch /tmp/summed) >/dev/null 2>&1 & " +
            "until [ -s /tmp/sums ]; do sleep 0.1; done");
        string place = Path.Combine(folder.Root, "migration");
        await using QemuGuest target = QemuGuest.StartIncoming(place, Device(Path.Combine(folder.Root, "to"), packed));
        await MigrateAsync(source, target, place);

        // The load runs on for a while in the target, then ends.
        string sums = await target.RunAsync(
            "before=$(wc -l </tmp/sums); while [ $(wc -l </tmp/sums) -lt $((before + 2)) ]; do sleep 1; done; rm /tmp/go; " +
            "kill $(cat /tmp/reader); " +
            "while [ ! -e /tmp/written -o ! -e /tmp/summed ]; do sleep 1; done; [ ! -e /tmp/failed ] || { cat /tmp/log; exit 1; }; " +
            "sort -u /tmp/sums");
        Assert.Equal($"{pattern}  -", sums);
        string whole = await target.RunAsync("sync; sha256sum </dev/vda");
        Assert.Equal(await SumAsync(disk), whole.Split(' ')[0]);
    }

    private static async Task MigrateAsync(QemuGuest source, QemuGuest target, string place)
    {
        // The receiver must listen before the sender connects.
        using QemuMonitor receiver = await target.ConnectMonitorAsync();
        using QemuMonitor sender = await source.ConnectMonitorAsync();
        foreach (QemuMonitor monitor in (QemuMonitor[])[sender, receiver])
            await monitor.ExecuteAsync(
                "migrate-set-capabilities", new { capabilities = new[] { new { capability = "events", state = true } } });

        // Slow enough for several rounds over memory that changes meanwhile.
        await sender.ExecuteAsync(
            "migrate-set-parameters", new Dictionary<string, long> { ["max-bandwidth"] = 64 << 20, ["downtime-limit"] = 1000 });
        await sender.ExecuteAsync("migrate", new { uri = $"unix:{place}" });
        await CompleteAsync(sender);
        await CompleteAsync(receiver);
        JsonNode? done = await sender.ExecuteAsync("query-migrate");
        Assert.True((long)done!["ram"]!["dirty-sync-count"]! > 2, "memory was sent in one go");

        // Neither guest runs: a page that differs was written and not marked in the dirty log.
        Assert.Empty(DifferingPages(source, target));
        await receiver.ExecuteAsync("cont");
    }

    private static async Task CompleteAsync(QemuMonitor monitor)
    {
        string? status;
        do
        {
            JsonNode message = await monitor.WaitForAsync("MIGRATION");
            status = (string?)message["data"]!["status"];
            Assert.NotEqual("failed", status);
        }
        while (status != "completed");
    }

    private static List<string> DifferingPages(QemuGuest one, QemuGuest other)
    {
        using FileStream first = one.OpenMemory();
        using FileStream second = other.OpenMemory();
        byte[] mine = new byte[PageSize];
        byte[] its = new byte[PageSize];
        List<string> pages = [];
        for (long at = 0; at < first.Length; at += PageSize)
        {
            first.ReadExactly(mine);
            second.ReadExactly(its);
            if (!mine.AsSpan().SequenceEqual(its))
                pages.Add($"{at:x}");
        }

        return pages;
    }

    private static VhostUserServer Serve(string disk, string socket, bool packed) =>
        VhostUserServer.Listen(
            new BlockDevice(FileStorage.Open(disk, new FileStorageOptions { Shared = true }), new BlockDeviceOptions { Queues = 2 }),
            socket,
            new VhostUserServerOptions { Packed = packed });

    private static string[] Device(string socket, bool packed) =>
        [
            "-chardev", $"socket,id=disk,path={socket}",
            "-device", $"vhost-user-blk-pci,chardev=disk,num-queues=2{(packed ? ",packed=on" : "")}",
        ];

    private static string WritePattern(string disk)
    {
        byte[] pattern = new byte[PatternLength];
        new Random(7).NextBytes(pattern);
        using FileStream file = File.OpenWrite(disk);
        file.Position = (long)PatternMegabyte << 20;
        file.Write(pattern);
        return Convert.ToHexStringLower(SHA256.HashData(pattern));
    }

    private static async Task<string> SumAsync(string disk)
    {
        await using FileStream file = new(disk, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file));
    }
}
