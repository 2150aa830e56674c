using Virtio.Queues;
using Virtio.Testing;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues;

public sealed class ChainTests
{
    [Fact]
    public void Reader_and_writer_agree_with_plain_arrays_whatever_the_framing()
    {
        Exception? failure = null;
        byte[] sent = new byte[2000];
        new Random(10).NextBytes(sent);
        var random = new Random(11);
        using var bus = new TestBus(
            new ProbeDevice(chain => failure ??= Record.Exception(() => ReadAndWrite(chain, sent, new Random(12)))));
        DriverQueue queue = bus.Driver().Start().Queue();
        ulong readable = bus.Place(sent);
        ulong writable = bus.Allocator.Allocate(sent.Length);
        for (int i = 0; i < 300; i++)
        {
            bus.Memory.TryWrite(writable, new byte[sent.Length]);
            queue.OfferIndirect([.. Cut(readable, sent.Length, false, random), .. Cut(writable, sent.Length, true, random)]);
            queue.Kick();
            Assert.Equal((uint)sent.Length, queue.Collect().Length);
            Assert.Null(failure);
            Assert.Equal(sent, bus.Read(writable, sent.Length));
        }
    }

    [Fact]
    public void A_chain_may_lie_in_several_regions_of_memory()
    {
        const ulong Second = 0x1_0000_0000;
        var options = new TestBusOptions { MemorySize = 1 << 20, FurtherMemory = [(Second, 1 << 20), (Second + (1 << 20), 1 << 20)] };
        using var bus = new TestBus(options, new ProbeDevice());
        DriverQueue queue = bus.Driver().Start().Queue();
        byte[] message = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];

        // Across the boundary of two adjacent regions.
        ulong seam = Second + (1 << 20) - 50;
        Assert.True(bus.Memory.TryWrite(seam, message));
        ulong room = bus.Place(new byte[200]);
        queue.Offer(DriverBuffer.Readable(seam, 200), DriverBuffer.Writable(room, 100), DriverBuffer.Writable(Second + 5, 100));
        queue.Kick();
        Assert.Equal(200u, queue.Collect().Length);
        Assert.Equal(message[..100], bus.Read(room, 100));
        Assert.Equal(message[100..], bus.Read(Second + 5, 100));
    }

    [Fact]
    public void A_buffer_over_a_seam_is_one_piece_on_each_side_and_one_that_leaves_memory_none()
    {
        const ulong Second = 0x1_0000_0000;
        var options = new TestBusOptions { MemorySize = 1 << 20, FurtherMemory = [(Second, 1 << 20), (Second + (1 << 20), 1 << 20)] };
        List<int> pieces = [];
        using var bus = new TestBus(options, new ProbeDevice(chain =>
        {
            for (; chain.Reader.TryGetSpan(out ReadOnlySpan<byte> span); chain.Reader.Advance(span.Length))
                pieces.Add(span.Length);
            chain.Complete();
        }));
        DriverQueue queue = bus.Driver().Start().Queue();

        queue.Offer(
            DriverBuffer.Readable(Second + 8, 16),
            DriverBuffer.Readable(Second + (1 << 20) - 10, 30),
            DriverBuffer.Readable(bus.Place(new byte[5]), 5));
        queue.Offer(DriverBuffer.Readable(Second + 8, 16), DriverBuffer.Readable(Second + (2 << 20) - 10, 11));
        queue.Kick();
        queue.Collect();
        queue.Collect();

        Assert.Equal([16, 10, 20, 5], pieces);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(17)]
    [InlineData(long.MaxValue)]
    public void Advancing_backwards_or_past_the_end_is_refused_and_moves_nothing(long count)
    {
        Exception? reader = null, writer = null;
        using var bus = new TestBus(new ProbeDevice(chain =>
        {
            reader = Record.Exception(() => chain.Reader.Advance(count));
            writer = Record.Exception(() => chain.Writer.Advance(count));
            chain.Writer.Advance(chain.Reader.Remaining);
            chain.Complete();
        }));
        DriverQueue queue = bus.Driver().Start().Queue();
        ulong room = bus.Allocator.Allocate(32);
        queue.Offer(DriverBuffer.Readable(room, 10), DriverBuffer.Readable(room + 10, 6), DriverBuffer.Writable(room + 16, 16));
        queue.Kick();
        Assert.Equal(16u, queue.Collect().Length);
        Assert.IsType<ArgumentOutOfRangeException>(reader);
        Assert.IsType<ArgumentOutOfRangeException>(writer);
    }

    [Fact]
    public void Completing_a_chain_twice_is_refused()
    {
        Exception? second = null;
        using var bus = new TestBus(new ProbeDevice(chain =>
        {
            chain.Complete(0);
            second = Record.Exception(() => chain.Complete(0));
        }));
        DriverQueue queue = bus.Driver().Start().Queue();
        queue.Exchange("x"u8, 0);
        bus.Driver().Reset();
        Assert.IsType<InvalidOperationException>(second);
    }

    [Fact]
    public void No_more_is_reported_than_could_be_written()
    {
        using var bus = new TestBus(new ProbeDevice(chain => chain.Complete(uint.MaxValue)));
        DriverQueue queue = bus.Driver().Start().Queue();
        Assert.Equal(10, queue.Exchange("x"u8, 10).Length);
        Assert.Empty(queue.Exchange("x"u8, 0));
    }

    private static void ReadAndWrite(DescriptorChain chain, byte[] expected, Random random)
    {
        Assert.Equal(expected.Length, chain.Reader.Remaining);
        Assert.Equal(expected.Length, chain.Writer.Remaining);
        Assert.False(chain.Reader.TryRead(new byte[expected.Length + 1]));
        Assert.False(chain.Writer.TryWrite(new byte[expected.Length + 1]));
        for (int position = 0; position < expected.Length;)
        {
            byte[] piece = new byte[Math.Min(random.Next(1, 100), expected.Length - position)];
            if (random.Next(2) == 0)
            {
                Assert.True(chain.Reader.TryRead(piece));
            }
            else
            {
                var pieces = new List<ReadOnlyMemory<byte>>();
                chain.Reader.Take(piece.Length, pieces);
                piece = [.. pieces.SelectMany(memory => memory.ToArray())];
            }

            Assert.Equal(expected[position..(position + piece.Length)], piece);
            Assert.True(chain.Writer.TryWrite(piece));
            position += piece.Length;
            Assert.Equal(expected.Length - position, chain.Reader.Remaining);
            Assert.Equal(position, chain.Writer.Written);
        }

        Assert.False(chain.Reader.TryGetSpan(out _));
        Assert.False(chain.Writer.TryGetSpan(out _));
        chain.Complete();
    }

    private static List<DriverBuffer> Cut(ulong address, int length, bool writable, Random random)
    {
        var pieces = new List<DriverBuffer>();
        for (int at = 0; at < length;)
        {
            int count = Math.Min(random.Next(1, 120), length - at);
            pieces.Add(new DriverBuffer(address + (ulong)at, (uint)count, writable));
            at += count;
        }

        return pieces;
    }
}
