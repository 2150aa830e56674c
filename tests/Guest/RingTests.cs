using System.Security.Cryptography;
using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Devices.Console;
using Virtio.Guest.Tests.Machines;
using Virtio.Storage;
using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests;

/// <summary>The stock kernel's drivers on every kind of ring: both layouts with every combination of features and queue sizes.</summary>
public sealed class RingTests
{
    private const int DiskLength = 8 << 20;

    // An emulated processor takes a minute on an idle host, and ten on a busy one.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    // Eight jobs write to separate parts of the disk. fio checks each block by its checksum on reading back.
    private const string FioVerify =
        "fio --name=verify --filename=/dev/$d --rw=randwrite --bs=4k --size=1m --offset_increment=1m --io_size=64k --numjobs=8 " +
        "--ioengine=libaio --iodepth=8 " +
        "--direct=1 --verify=crc32c --do_verify=1 --verify_fatal=1 --randrepeat=1 --thread >/tmp/$d.log 2>&1 || " +
        "{ echo $d failed; cat /tmp/$d.log; }";

    [Theory]
    [OnEachMachine("packed", true)]
    [OnEachMachine("packed", false)]
    [OnEachMachine("split", true)]
    [OnEachMachine("split", false)]
    public async Task Every_kind_of_ring_holds_what_eight_jobs_write_while_the_console_is_flooded(
        MicroVmMachine machine, string layout, bool eventIndex)
    {
        Guests.RequireImage(machine);
        VirtioFeatures common =
            VirtioFeatures.RingReset | (layout == "packed" ? VirtioFeatures.RingPacked : 0) | (eventIndex ? VirtioFeatures.EventIndex : 0);
        Ring[] rings = [.. Rings(common)];
        IBlockStorage[] storages = [.. rings.Select(_ => new MemoryStorage(DiskLength))];
        using var flood = new FloodStream();
        await using LinuxGuest guest = await Guests.StartAsync(new LinuxGuestOptions
        {
            Machine = machine,
            Devices =
            [
                .. rings.Zip(
                    storages,
                    (ring, storage) =>
                        new BlockDevice(storage, new BlockDeviceOptions { QueueSize = ring.Size, RingFeatures = ring.Features })),
                new ConsoleDevice(new ConsoleDeviceOptions { Output = flood, RingFeatures = common }),
            ],
            WithTools = true,
            MemorySize = 768L << 20,
        });

        GuestResult bits = await guest.RunAsync("for d in /sys/block/vd*; do cat $d/device/features; done");
        GuestResult result = await guest.RunAsync(
            $"yes >/dev/hvc0 & flood=$!; cd /sys/block; for d in vd*; do {FioVerify}; done; " +
            "for d in vd*; do dd if=/dev/urandom of=/tmp/data bs=64k count=16 2>/dev/null; " +
            "dd if=/tmp/data of=/dev/$d bs=64k conv=fsync 2>/dev/null; done; " +
            "echo 3 >/proc/sys/vm/drop_caches; for d in vd*; do sha256sum </dev/$d; done; kill $flood",
            Limit);

        Assert.Equal(rings.Select(ring => ring.Expected), bits.Text.Split('\n').Select(Taken));
        Assert.Equal(await SumsAsync(storages), result.Text.Split('\n').Select(line => line.Split(' ')[0]));
        Assert.True(flood.Total > 0, "the console was not flooded");
    }

    private static IEnumerable<Ring> Rings(VirtioFeatures common) =>
        from inOrder in (VirtioFeatures[])[0, VirtioFeatures.InOrder]
        from indirect in (VirtioFeatures[])[VirtioFeatures.IndirectDescriptors, 0]

        // Without indirect tables no request fits a ring of one or two descriptors.
        from size in indirect == 0 ? (int[])[128, 1024] : [1, 2, 128, 1024]
        select new Ring(common | inOrder | indirect, size);

    // Indirect tables, event index, packed. IN_ORDER is left out: it is offered, but only newer kernels accept it.
    private static string Taken(string bits) => string.Concat(((int[])[28, 29, 34]).Select(bit => bits[bit]));

    private static async Task<string[]> SumsAsync(IEnumerable<IBlockStorage> storages)
    {
        var sums = new List<string>();
        byte[] content = new byte[DiskLength];
        foreach (IBlockStorage storage in storages)
        {
            await storage.ReadAsync(0, [content]);
            sums.Add(Convert.ToHexStringLower(SHA256.HashData(content)));
        }

        return [.. sums];
    }

    private sealed record Ring(VirtioFeatures Features, int Size)
    {
        internal string Expected { get; } = string.Concat(
            ((VirtioFeatures[])[VirtioFeatures.IndirectDescriptors, VirtioFeatures.EventIndex, VirtioFeatures.RingPacked])
                .Select(bit => Features.HasFlag(bit) ? '1' : '0'));
    }
}
