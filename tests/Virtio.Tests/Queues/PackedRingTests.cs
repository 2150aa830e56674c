using System.Collections.Concurrent;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues;

public sealed class PackedRingTests
{
    [Fact]
    [Requirement("PACKED-ORDER-1")]
    public void Chains_are_started_in_ring_order()
    {
        var started = new ConcurrentQueue<int>();
        using TestBus bus = Bus(new ProbeDevice(chain =>
        {
            Span<byte> number = stackalloc byte[1];
            chain.Reader.TryRead(number);
            started.Enqueue(number[0]);
            chain.Complete();
        }));
        DriverQueue queue = bus.Driver().Start().Queue();
        var random = new Random(6);
        for (byte i = 0; i < 200; i++)
        {
            queue.Offer(DriverBuffer.Readable(bus.Place([i]), 1));
            if (random.Next(3) == 0 || queue.Outstanding == queue.Size)
                queue.Kick();
            while (queue.Outstanding > random.Next(queue.Size))
                queue.Collect();
        }

        while (queue.Outstanding > 0)
        {
            queue.Kick();
            queue.Collect();
        }

        Assert.Equal(Enumerable.Range(0, 200), started);
    }

    [Fact]
    [Requirement("PACKED-DESC-3")]
    public void Descriptors_with_an_old_wrap_value_are_not_used()
    {
        int served = 0;
        using TestBus bus = Bus(new ProbeDevice(chain =>
        {
            Interlocked.Increment(ref served);
            chain.Complete();
        }));
        PackedDriverQueue queue = bus.Driver().Start().Packed();
        ulong buffer = bus.Allocator.Allocate(16);
        for (int round = 0; round < 3 * queue.Size; round++)
        {
            // Flags that may lie behind the live descriptor: those left from the last lap, neither bit, both bits.
            int behind = (queue.NextAvailable + 1) % queue.Size;
            bool lap = behind == 0 ? !queue.AvailableWrap : queue.AvailableWrap;
            PackedFlags stale = (round % 3) switch
            {
                0 => PackedDriverQueue.Availability(!lap),
                1 => PackedFlags.None,
                _ => PackedFlags.Available | PackedFlags.Used,
            };
            queue.WriteDescriptor(behind, new PackedDescriptor(buffer, 16, 0, stale));
            queue.Offer(DriverBuffer.Readable(buffer, 16));
            queue.Kick();
            queue.Collect();
            Assert.Equal(round + 1, served);
        }

        bus.Driver().Reset();
        Assert.Equal(3 * 64, served);
    }

    [Fact]
    [Requirement("PACKED-DESC-4")]
    public void A_used_descriptor_does_not_change_any_more()
    {
        using TestBus bus = Bus(new ProbeDevice());
        PackedDriverQueue queue = bus.Driver().Start().Packed();
        ulong buffer = bus.Allocator.Allocate(64);
        var seen = new Queue<(int Slot, PackedDescriptor Descriptor)>();
        for (int i = 0; i < 300_000; i++)
        {
            while (queue.Outstanding < 8)
                queue.Offer(DriverBuffer.Readable(buffer, 1 + (i % 8)), DriverBuffer.Writable(buffer + 32, 8));
            queue.Kick();
            int slot = queue.NextUsed;
            if (!queue.TryCollect(out _))
                continue;
            seen.Enqueue((slot, queue.ReadDescriptor(slot)));

            // Check a slot 16 chains later, before it is offered again: only a quarter of the ring is in flight.
            if (seen.Count < 16)
                continue;
            (int old, PackedDescriptor expected) = seen.Dequeue();
            Assert.Equal(expected, queue.ReadDescriptor(old));
        }
    }

    private static TestBus Bus(ProbeDevice device) => new(device);
}
