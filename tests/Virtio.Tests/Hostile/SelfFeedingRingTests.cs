using System.Diagnostics;
using Virtio.Devices.Block;
using Virtio.Devices.Entropy;
using Virtio.Storage;
using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Hostile;

/// <summary>
/// Class 7 without registers: the disk's own sectors hold descriptors, and every read puts the next read into the ring. The device cannot
/// distinguish that from a busy driver. The test checks that a reset ends it and that other devices are not affected.
/// </summary>
[Collection(Alone.Name)]
public sealed class SelfFeedingRingTests
{
    // An odd size, so that the entry that a batch publishes last is never the one that is needed next.
    private const int Slots = 3;
    private const int Phases = 2 * Slots;
    private const ulong Table = Victim.RamStart;
    private const ulong Header = Victim.RamStart + 0x1000;
    private const ulong Status = Victim.RamStart + 0x2000;
    private const ulong Ring = Victim.RamStart + 0x3000;
    private const ulong Events = Victim.RamStart + 0x4000;

    [Fact]
    public void A_ring_that_its_own_requests_refill_is_ended_by_a_reset()
    {
        var storage = new ReplayStorage();
        using var bus = new TestBus(new BlockDevice(storage), new EntropyDevice());
        bus.Allocator.Allocate(64 << 10);
        bus.Driver(1).Start();
        MmioDriver driver = bus.Driver();
        Assert.True(driver.Negotiate(driver.OfferedFeatures));
        for (int phase = 0; phase < Phases; phase++)
            Prepare(bus, storage, phase);
        bus.Memory.TryWrite(Ring, Bytes(Request(0)));
        Assert.True(driver.EnableQueue(0, new QueueAreas(Slots, Ring, Events, Events + 4)));
        driver.SetDriverOk();
        driver.Notify(0);
        Assert.True(
            SpinWait.SpinUntil(() => storage.Reads > 10_000, DriverExtensions.Patience),
            $"it fed itself only {storage.Reads} times");
        new EntropyKind().AssertWorks(bus.Driver(1));
        long start = Stopwatch.GetTimestamp();
        driver.Reset();
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 0, 1000);
        long reads = storage.Reads;
        Assert.Equal(BlockResult.Ok, new BlockDriver(driver.Start()).Read(0, new byte[512]));
        Assert.Equal(reads + 1, storage.Reads);
    }

    // A phase is a slot with a value of the wrap counter. Its request reads the sector of the same number into the ring, which makes the
    // next phase available.
    private static void Prepare(TestBus bus, ReplayStorage storage, int phase)
    {
        ulong header = Header + ((ulong)phase * 16);
        bus.Memory.TryWrite(header, BlockKind.Header(0, (ulong)phase));
        bus.Memory.TryWrite(
            TableOf(phase),
            [
                .. Bytes(new PackedDescriptor(header, 16, 0, PackedFlags.None)),
                .. Bytes(new PackedDescriptor(Ring, 512, 0, PackedFlags.Write)),
                .. Bytes(new PackedDescriptor(Status, 1, 0, PackedFlags.Write)),
            ]);
        int next = (phase + 1) % Phases;
        Bytes(Request(next)).CopyTo(storage.Image, (phase * 512) + (next % Slots * 16));
    }

    private static PackedDescriptor Request(int phase) =>
        new(TableOf(phase), 48, (ushort)phase, PackedFlags.Indirect | PackedDriverQueue.Availability(phase < Slots));

    private static ulong TableOf(int phase) => Table + ((ulong)phase * 64);

    private static byte[] Bytes(PackedDescriptor descriptor) =>
    [
        .. BitConverter.GetBytes(descriptor.Address),
        .. BitConverter.GetBytes(descriptor.Length),
        .. BitConverter.GetBytes(descriptor.Id),
        .. BitConverter.GetBytes((ushort)descriptor.Flags),
    ];

    private sealed class ReplayStorage : IBlockStorage
    {
        private long _reads;

        public long Length => Image.Length;

        internal byte[] Image { get; } = new byte[Phases * 512];

        internal long Reads => Volatile.Read(ref _reads);

        public ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _reads);
            Image.AsSpan((int)offset, buffers[0].Length).CopyTo(buffers[0].Span);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
