using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues;

/// <summary>The shapes that a chain can have, in each layout.</summary>
public sealed class ChainShapeTests
{
    [Theory]
    [MemberData(nameof(RingKind.LayoutNames), MemberType = typeof(RingKind))]
    [Requirement("PACKED-SG-1")]
    public void Bytes_keep_their_order_over_1_to_64_descriptors_and_across_the_end_of_the_ring(string ring)
    {
        using TestBus bus = Bus(ring, 64);
        DriverQueue queue = bus.Driver().Start().Queue();
        var random = new Random(8);
        ulong readable = bus.Allocator.Allocate(4096);
        ulong writable = bus.Allocator.Allocate(4096);
        for (int i = 4; i < 130; i++)
        {
            // Each length both directly and in a table.
            int count = i / 2;
            byte[] bytes = new byte[32 * 40];
            random.NextBytes(bytes);
            bus.Memory.TryWrite(readable, bytes);
            bus.Memory.TryWrite(writable, new byte[bytes.Length]);
            int half = count / 2;
            DriverBuffer[] chain =
            [
                .. Enumerable.Range(0, half).Select(at => DriverBuffer.Readable(readable + (ulong)(at * 40), 40)),
                .. Enumerable.Range(0, count - half).Select(at => DriverBuffer.Writable(writable + (ulong)(at * 40), 40)),
            ];
            Assert.True(queue.TryOffer(chain, out ushort id, indirect: i % 2 == 1));
            queue.Kick();
            Assert.Equal(new UsedBuffer(id, (uint)half * 40), queue.Collect());
            Assert.Equal(bytes[..(half * 40)], bus.Read(writable, half * 40));
        }
    }

    [Theory]
    [MemberData(nameof(RingKind.LayoutNames), MemberType = typeof(RingKind))]
    [Requirement("PACKED-SG-2", "SPLIT-FRAME-2")]
    public void A_chain_may_be_as_long_as_the_largest_ring(string ring)
    {
        using TestBus bus = Bus(ring, 32768);
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

    [Theory]
    [MemberData(nameof(RingKind.LayoutNames), MemberType = typeof(RingKind))]
    [Requirement("PACKED-SG-2", "SPLIT-FRAME-2")]
    public void A_table_of_1024_descriptors_is_served_and_a_longer_one_given_back_unused(string ring)
    {
        using TestBus bus = Bus(ring, 64);
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

    [Theory]
    [MemberData(nameof(RingKind.LayoutNames), MemberType = typeof(RingKind))]
    [Requirement("PACKED-DESC-2", "SPLIT-DESC-2")]
    public void Device_writable_buffers_are_not_read(string ring)
    {
        using TestBus bus = Bus(ring, 64, chain => chain.Complete((uint)chain.Reader.Remaining));
        DriverQueue queue = bus.Driver().Start().Queue();
        queue.Offer(DriverBuffer.Readable(bus.Place("abc"u8), 3), DriverBuffer.Writable(bus.Place("secret"u8), 6));
        queue.Kick();
        Assert.Equal(3u, queue.Collect().Length);
    }

    private static TestBus Bus(string ring, ushort size, Action<DescriptorChain>? handle = null) =>
        new(new ProbeDevice(handle) { Sizes = [size], RingFeatures = RingKind.Named(ring) });
}
