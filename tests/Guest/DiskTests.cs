using System.Security.Cryptography;
using Virtio.Devices.Block;
using Virtio.Guest.Tests.Machines;
using Virtio.Storage;
using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

public sealed class DiskTests
{
    private const int MiB = 1 << 20;

    // 4 KiB random writes. fio checks each block by its checksum on reading back, and exits with a status other than 0 on any mismatch.
    private const string FioVerify =
        "fio --name=verify --filename=/dev/vda --rw=randwrite --bs=4k --size=16m --io_size=8m --ioengine=libaio --iodepth=16 --direct=1 " +
        "--verify=crc32c --do_verify=1 --verify_fatal=1 --randrepeat=1 --thread";

    [Theory]
    [OnEachMachine("memory")]
    [OnEachMachine("file")]
    public async Task Fio_verifies_its_random_writes(MicroVmMachine machine, string kind)
    {
        Guests.RequireImage(machine);
        using var folder = new TemporaryFolder();
        await using LinuxGuest guest = await Guests.StartAsync(
            new LinuxGuestOptions { Machine = machine, Devices = [new BlockDevice(Open(kind, folder))], WithTools = true });

        await guest.RunAsync(FioVerify);
    }

    [Theory]
    [OnEachMachine("memory", InEveryRun = true)]
    [OnEachMachine("file")]
    public async Task What_dd_wrote_is_what_the_host_and_dd_read(MicroVmMachine machine, string kind)
    {
        Guests.RequireImage(machine);
        using var folder = new TemporaryFolder();
        IBlockStorage storage = Open(kind, folder);
        await using LinuxGuest guest = await Guests.StartAsync(machine, new BlockDevice(storage));

        GuestResult result = await guest.RunAsync(
            "dd if=/dev/urandom of=/tmp/data bs=1M count=8 2>/dev/null; sha256sum </tmp/data; " +
            "dd if=/tmp/data of=/dev/vda bs=64k conv=fsync 2>/dev/null; " +
            "echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda bs=256k count=32 2>/dev/null | sha256sum");

        string[] sums = [.. result.Text.Split('\n').Select(line => line.Split(' ')[0])];
        byte[] seen = new byte[8 * MiB];
        await storage.ReadAsync(0, [seen]);
        Assert.Equal([sums[0], sums[0]], [sums[1], Convert.ToHexStringLower(SHA256.HashData(seen))]);
    }

    [Theory]
    [OnEachMachine]
    public async Task A_disk_on_a_web_server_reads_as_the_file_there(MicroVmMachine machine)
    {
        Guests.RequireImage(machine);
        using NginxServer server = await NginxServer.StartAsync();
        byte[] content = RandomNumberGenerator.GetBytes(24 * MiB);
        Uri url = server.Publish("disk.img", content);
        await using LinuxGuest guest = await Guests.StartAsync(
            new LinuxGuestOptions { Machine = machine, Devices = [new BlockDevice(await HttpStorage.OpenAsync(url))], WithTools = true });

        GuestResult result = await guest.RunAsync(
            "cat /sys/block/vda/ro; fio --name=read --filename=/dev/vda --rw=randread --bs=4k --io_size=2m --ioengine=libaio " +
            "--iodepth=32 --direct=1 --readonly --thread >/tmp/fio || cat /tmp/fio; " +
            "sha256sum </dev/vda");

        Assert.Equal(["1", Convert.ToHexStringLower(SHA256.HashData(content))], result.Text.Split('\n').Select(line => line.Split(' ')[0]));
    }

    [Theory]
    [OnEachMachine]
    public async Task The_drivers_negotiated_packed_rings_event_index_and_indirect_descriptors(MicroVmMachine machine)
    {
        await using LinuxGuest guest = await Guests.StartAsync(machine, new BlockDevice(new MemoryStorage(MiB)));

        GuestResult result = await guest.RunAsync("for f in /sys/bus/virtio/devices/*/features; do cat $f; done");

        string[] devices = result.Text.Split('\n');
        Assert.Equal(2, devices.Length);
        Assert.All(devices, bits => Assert.Equal("1111", string.Concat(((int[])[28, 29, 32, 34]).Select(bit => bits[bit]))));
    }

    [Theory]
    [OnEachMachine]
    public async Task A_read_only_disk_cannot_be_written_by_the_guest(MicroVmMachine machine)
    {
        Guests.RequireImage(machine);
        byte[] content = RandomNumberGenerator.GetBytes(MiB);
        byte[] before = [.. content];
        await using LinuxGuest guest = await Guests.StartAsync(
            machine, new BlockDevice(new MemoryStorage(content), new BlockDeviceOptions { ReadOnly = true }));

        GuestResult result = await guest.RunAsync(
            "cat /sys/block/vda/ro; if dd if=/dev/zero of=/dev/vda bs=4k count=1 conv=fsync 2>/dev/null; then echo written; fi; " +
            "sha256sum </dev/vda");

        Assert.Equal(["1", Convert.ToHexStringLower(SHA256.HashData(before))], result.Text.Split('\n').Select(line => line.Split(' ')[0]));
        Assert.Equal(before, content);
    }

    [Theory]
    [OnEachMachine]
    public async Task A_sparse_disk_of_3_TiB_is_written_and_read_above_2_TiB(MicroVmMachine machine)
    {
        Guests.RequireImage(machine);
        using var folder = new TemporaryFolder();
        string path = folder.Sparse("big.img", 3L << 40);
        const long Offset = (2L << 40) + (5L << 30);
        await using (LinuxGuest guest = await Guests.StartAsync(machine, new BlockDevice(FileStorage.Open(path))))
        {
            GuestResult result = await guest.RunAsync(
                $"blockdev --getsize64 /dev/vda; echo above two tebibytes | dd of=/dev/vda bs=512 seek={Offset / 512} " +
                "conv=sync,fsync 2>/dev/null; " +
                $"echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda bs=512 skip={Offset / 512} count=1 2>/dev/null | head -n 1; " +
                "dd if=/dev/vda bs=512 count=1 2>/dev/null | head -c 4 | hexdump -v -e '1/1 \"%02x\"'");

            Assert.Equal([$"{3L << 40}", "above two tebibytes", "00000000"], result.Text.Split('\n'));
        }

        byte[] seen = new byte[20];
        await using FileStream file = File.OpenRead(path);
        file.Position = Offset;
        await file.ReadExactlyAsync(seen);
        Assert.Equal("above two tebibytes\n"u8, seen);
    }

    [Theory]
    [OnEachMachine]
    public async Task Eight_disks_work_at_once(MicroVmMachine machine)
    {
        Guests.RequireImage(machine);
        IBlockStorage[] storages = [.. Enumerable.Range(0, 8).Select(_ => new MemoryStorage(4 * MiB))];
        await using LinuxGuest guest = await Guests.StartAsync(
            machine, [.. storages.Select((storage, i) => new BlockDevice(storage, new BlockDeviceOptions { SerialNumber = $"disk{i}" }))]);

        GuestResult result = await guest.RunAsync(
            "for d in a b c d e f g h; do (yes $d | head -c 4194304 | dd of=/dev/vd$d bs=64k conv=fsync 2>/dev/null) & done; wait; " +
            "for d in a b c d e f g h; do cat /sys/block/vd$d/serial; echo; done");

        Assert.Equal(Enumerable.Range(0, 8).Select(i => $"disk{i}"), result.Text.Split('\n'));
        for (int i = 0; i < storages.Length; i++)
        {
            byte[] seen = new byte[4 * MiB];
            await storages[i].ReadAsync(0, [seen]);
            Assert.Equal(Enumerable.Range(0, 4 * MiB).Select(at => (byte)(at % 2 == 0 ? 'a' + i : '\n')), seen);
        }
    }

    private static IBlockStorage Open(string kind, TemporaryFolder folder) =>
        kind == "memory" ? new MemoryStorage(64 * MiB) : FileStorage.Open(folder.Sparse("disk.img", 64 * MiB));
}
