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
    [Requirement("PACKED-DESC-2")]
    public void Device_writable_buffers_are_not_read()
    {
        using TestBus bus = Bus(new ProbeDevice(chain => chain.Complete((uint)chain.Reader.Remaining)));
        DriverQueue queue = bus.Driver().Start().Queue();
        queue.Offer(DriverBuffer.Readable(bus.Place("abc"u8), 3), DriverBuffer.Writable(bus.Place("secret"u8), 6));
        queue.Kick();
        Assert.Equal(3u, queue.Collect().Length);
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
            // Whatever lies behind the live descriptor: what is left of the last lap, neither bit, both bits, all but the last byte's bits.
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

            // 16 chains later, when the slot has not been offered again: a quarter of the ring is in flight.
            if (seen.Count < 16)
                continue;
            (int old, PackedDescriptor expected) = seen.Dequeue();
            Assert.Equal(expected, queue.ReadDescriptor(old));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Requirement("PACKED-SG-1")]
    public void Bytes_keep_their_order_over_1_to_64_descriptors_and_across_the_end_of_the_ring(bool indirect)
    {
        using TestBus bus = Bus(new ProbeDevice { Sizes = [64] });
        DriverQueue queue = bus.Driver().Start().Queue();
        var random = new Random(8);
        ulong readable = bus.Allocator.Allocate(4096);
        ulong writable = bus.Allocator.Allocate(4096);
        for (int count = 2; count <= 64; count++)
        {
            byte[] bytes = new byte[32 * 40];
            random.NextBytes(bytes);
            bus.Memory.TryWrite(readable, bytes);
            bus.Memory.TryWrite(writable, new byte[bytes.Length]);
            int half = count / 2;
            DriverBuffer[] chain =
            [
                .. Enumerable.Range(0, half).Select(i => DriverBuffer.Readable(readable + (ulong)(i * 40), 40)),
                .. Enumerable.Range(0, count - half).Select(i => DriverBuffer.Writable(writable + (ulong)(i * 40), 40)),
            ];
            Assert.True(queue.TryOffer(chain, out ushort id, indirect));
            queue.Kick();
            Assert.Equal(new UsedBuffer(id, (uint)half * 40), queue.Collect());
            Assert.Equal(bytes[..(half * 40)], bus.Read(writable, half * 40));
        }
    }

    [Fact]
    [Requirement("PACKED-SG-2")]
    public void A_chain_may_be_as_long_as_the_largest_ring()
    {
        using TestBus bus = Bus(new ProbeDevice { Sizes = [32768] });
        DriverQueue queue = bus.Driver().Start().Queue();
        DriverBuffer[] chain = new DriverBuffer[32768];
        chain.AsSpan(0, 16384).Fill(DriverBuffer.Readable(bus.Allocator.Allocate(8), 8));
        chain.AsSpan(16384).Fill(DriverBuffer.Writable(bus.Allocator.Allocate(8), 8));
        for (int i = 0; i < 3; i++)
        {
            queue.Offer(chain);
            queue.Kick();
            Assert.Equal(16384u * 8, queue.Collect().Length);
        }
    }

    [Fact]
    [Requirement("PACKED-SG-2")]
    public void A_table_of_1024_descriptors_is_served_and_a_longer_one_given_back_unused()
    {
        using TestBus bus = Bus(new ProbeDevice());
        DriverQueue queue = bus.Driver().Start().Queue();
        DriverBuffer[] chain = new DriverBuffer[1025];
        chain.AsSpan(0, 512).Fill(DriverBuffer.Readable(bus.Allocator.Allocate(4), 4));
        chain.AsSpan(512).Fill(DriverBuffer.Writable(bus.Allocator.Allocate(4), 4));
        queue.OfferIndirect(chain.AsSpan(0, 1024));
        queue.Kick();
        Assert.Equal(2048u, queue.Collect().Length);
        queue.OfferIndirect(chain);
        queue.Kick();
        Assert.Equal(0u, queue.Collect().Length);
    }

    private static TestBus Bus(ProbeDevice device) => new(device);
}
