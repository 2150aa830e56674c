using System.Runtime.Versioning;
using System.Security.Cryptography;
using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.VhostUser;

namespace Virtio.Guest.Tests.Qemu;

/// <summary>This library's vhost-user disk behind QEMU, in a stock guest.</summary>
[SupportedOSPlatform("linux")]
public sealed class VhostUserBlockTests
{
    private const int DiskLength = 64 << 20;

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 4)]
    [InlineData(true, 1)]
    [InlineData(true, 4)]
    public async Task What_jobs_write_and_a_file_system_holds_is_in_the_storage(bool packed, int queues)
    {
        await using var disk = new Disk(packed, queues);
        await using QemuGuest guest = await QemuGuest.StartAsync(disk.Arguments);
        string bits = await guest.RunAsync("cat /sys/block/vda/device/features; ls /sys/block/vda/mq | wc -l");
        Assert.Equal(packed ? '1' : '0', bits[34]);
        Assert.Equal($"{Math.Min(queues, 2)}", bits.Split('\n')[1]);

        await guest.RunAsync(
            "fio --name=verify --filename=/dev/vda --rw=randwrite --bs=4k --size=4m --offset_increment=4m --io_size=1m --numjobs=4 " +
            "--ioengine=libaio --iodepth=16 " +
            "--direct=1 --verify=crc32c --do_verify=1 --verify_fatal=1 --randrepeat=1 --thread");
        await guest.RunAsync(
            "modprobe ext4 && mke2fs -q -t ext4 /dev/vda && mount /dev/vda /mnt && dd if=/dev/urandom of=/mnt/data bs=64k count=100 && " +
            "sync && sha256sum /mnt/data >/tmp/sum && umount /mnt && mount /dev/vda /mnt && sha256sum -c /tmp/sum && umount /mnt");
        string sum = await guest.RunAsync("echo 3 >/proc/sys/vm/drop_caches; sha256sum </dev/vda");
        Assert.Equal(await disk.SumAsync(), sum.Split(' ')[0]);
    }

    [Fact]
    public async Task A_disk_that_is_read_only_stays_as_it_is()
    {
        await using var disk = new Disk(packed: false, queues: 1, readOnly: true);
        string before = await disk.SumAsync();
        await using QemuGuest guest = await QemuGuest.StartAsync(disk.Arguments);
        Assert.Equal("1", await guest.RunAsync("cat /sys/block/vda/ro"));
        Assert.Equal(
            before,
            (await guest.RunAsync("sha256sum </dev/vda; ! dd if=/dev/zero of=/dev/vda bs=4k count=1 oflag=direct 2>/dev/null"))
                .Split(' ')[0]);
        Assert.Equal(before, await disk.SumAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_driver_that_comes_and_goes_finds_its_disk_each_time(bool packed)
    {
        await using var disk = new Disk(packed, queues: 1);
        await using QemuGuest guest = await QemuGuest.StartAsync(disk.Arguments);
        await guest.RunAsync(
            "cd /sys/bus/virtio/drivers/virtio_blk; device=$(ls -d virtio*); i=0; " +
            "while [ $i -lt 100 ]; do echo $i | dd of=/dev/vda bs=512 count=1 conv=sync,fsync seek=$i 2>/dev/null || exit 2; " +
            "echo $device >unbind || exit 3; echo $device >bind || exit 4; " +
            "[ \"$(dd if=/dev/vda bs=512 count=1 skip=$i 2>/dev/null | head -n 1)\" = $i ] || exit 5; i=$((i + 1)); done");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_guest_that_is_paused_under_load_goes_on(bool packed)
    {
        await using var disk = new Disk(packed, queues: 2);
        await using QemuGuest guest = await QemuGuest.StartAsync(disk.Arguments);
        using QemuMonitor monitor = await guest.ConnectMonitorAsync();
        Task<string> jobs = guest.RunAsync(
            "fio --name=verify --filename=/dev/vda --rw=randwrite --bs=4k --size=16m --offset_increment=16m --numjobs=4 " +
            "--ioengine=libaio --iodepth=16 --direct=1 " +
            "--verify=crc32c --verify_backlog=64 --verify_fatal=1 --randrepeat=1 --thread --loops=1000 --runtime=10 --time_based");
        while (!jobs.IsCompleted)
        {
            await monitor.ExecuteAsync("stop");
            await monitor.ExecuteAsync("cont");
            await Task.WhenAny(jobs, Task.Delay(200));
        }

        await jobs;
    }

    [Fact]
    public async Task A_guest_that_reboots_finds_what_it_wrote()
    {
        await using var disk = new Disk(packed: false, queues: 1);
        await using QemuGuest guest = await QemuGuest.StartAsync(disk.Arguments);
        await guest.RunAsync("dd if=/dev/urandom of=/dev/vda bs=1M count=4 conv=fsync 2>/dev/null; (sleep 1; reboot -f) >/dev/null 2>&1 &");
        await guest.WaitUntilReadyAsync();
        Assert.Equal(await disk.SumAsync(), (await guest.RunAsync("sha256sum </dev/vda")).Split(' ')[0]);
    }

    [Fact]
    public async Task A_disk_that_grows_is_longer_for_the_guest_that_uses_it()
    {
        using var folder = new TemporaryFolder();
        string disk = folder.Sparse("disk.img", 1 << 20);
        string socket = Path.Combine(folder.Root, "socket");
        using BackEnd server = await BackEnd.StartAsync(disk, socket, packed: false);
        await using QemuGuest guest = await QemuGuest.StartAsync(
            "-chardev", $"socket,id=disk,path={socket}", "-device", "vhost-user-blk-pci,chardev=disk,num-queues=2");
        Assert.Equal(
            "2048",
            await guest.RunAsync("cat /sys/block/vda/size; ! dd if=/dev/zero of=/dev/vda bs=1M seek=1 count=1 oflag=direct 2>/dev/null"));
        await server.ResizeAsync(disk, 4 << 20);
        await guest.RunAsync(
            "i=0; while [ $(cat /sys/block/vda/size) != 8192 ]; do [ $((i += 1)) -lt 300 ] || exit 1; sleep 0.1; done; " +
            "dmesg | grep 'vda.*new size: 8192 512-byte'");
        string sum = await guest.RunAsync(
            "dd if=/dev/urandom of=/tmp/data bs=1M count=1 2>/dev/null; " +
            "dd if=/tmp/data of=/dev/vda bs=1M seek=3 oflag=direct 2>/dev/null; sha256sum </tmp/data");
        Assert.StartsWith(sum[..64], await BackEnd.SumOfEndAsync(disk, 1 << 20), StringComparison.Ordinal);
    }

    private sealed class Disk : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly MemoryStorage _storage = new(DiskLength);
        private readonly VhostUserServer _server;
        private readonly bool _packed;
        private readonly int _queues;

        internal Disk(bool packed, int queues, bool readOnly = false)
        {
            (_packed, _queues) = (packed, queues);
            var options = new BlockDeviceOptions { Queues = queues, ReadOnly = readOnly };
            _server = VhostUserServer.Listen(
                new BlockDevice(_storage, options), Path.Combine(_folder.Root, "socket"), new VhostUserServerOptions { Packed = packed });
        }

        internal string[] Arguments =>
        [
            "-chardev", $"socket,id=disk,path={Path.Combine(_folder.Root, "socket")}",
            "-device", $"vhost-user-blk-pci,chardev=disk,num-queues={_queues}{(_packed ? ",packed=on" : "")}",
        ];

        internal async Task<string> SumAsync()
        {
            byte[] content = new byte[DiskLength];
            await _storage.ReadAsync(0, [content]);
            return Convert.ToHexStringLower(SHA256.HashData(content));
        }

        public async ValueTask DisposeAsync()
        {
            await _server.DisposeAsync();
            _folder.Dispose();
        }
    }
}
