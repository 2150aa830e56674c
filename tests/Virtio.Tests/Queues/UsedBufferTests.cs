using System.Buffers.Binary;
using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues;

/// <summary>What a driver may rely on as soon as it sees a used chain, in each layout.</summary>
public sealed class UsedBufferTests
{
    private const int Outstanding = 16;

    [Theory]
    [MemberData(nameof(RingKind.LayoutNames), MemberType = typeof(RingKind))]
    [Requirement("SPLIT-USED-1", "SPLIT-USED-2")]
    public void Its_length_and_its_bytes_are_there_a_million_times(string ring)
    {
        using var bus = new TestBus(new ProbeDevice { RingFeatures = RingKind.Named(ring) });
        DriverQueue queue = bus.Driver().Start().Queue();
        queue.DisableInterrupts();
        ulong[] numbers = new ulong[queue.Size];
        ulong[] buffers = [.. numbers.Select(_ => bus.Allocator.Allocate(16))];
        var free = new Stack<ulong>(buffers);
        ulong[] bufferOf = new ulong[queue.Size];
        ulong number = 0;
        for (int collected = 0; collected < 1_000_000;)
        {
            while (queue.Outstanding < Outstanding)
            {
                // Fills the device's part with ones, which the device never writes.
                ulong buffer = free.Pop();
                int length = LengthOf(++number);
                Write(bus, buffer, number);
                Write(bus, buffer + 8, ulong.MaxValue);
                ushort id = queue.Offer(DriverBuffer.Readable(buffer, length), DriverBuffer.Writable(buffer + 8, 8));
                (numbers[id], bufferOf[id]) = (number, buffer);
            }

            queue.Kick();
            while (queue.TryCollect(out UsedBuffer used))
            {
                ulong mask = ulong.MaxValue >> (64 - (8 * (int)used.Length));
                if (used.Length != LengthOf(numbers[used.Id]) || ((Read(bus, bufferOf[used.Id] + 8) ^ numbers[used.Id]) & mask) != 0)
                    Assert.Fail(
                        $"chain {collected} was completed as {used}, number {numbers[used.Id]:x}, with "
                        + $"{Read(bus, bufferOf[used.Id] + 8):x}");
                free.Push(bufferOf[used.Id]);
                collected++;
            }
        }
    }

    [Theory]
    [MemberData(nameof(RingKind.LayoutNames), MemberType = typeof(RingKind))]
    [Requirement("SPLIT-USED-2")]
    public void A_request_that_failed_says_no_more_than_was_written_without_a_gap(string ring)
    {
        var memory = new MemoryStorage(BlockKind.NewImage());
        using var bus = new TestBus(new BlockDevice(memory, new BlockDeviceOptions { RingFeatures = RingKind.Named(ring) }));
        DriverQueue queue = bus.Driver().Start().Queue();
        ulong room = bus.Place(new byte[BlockKind.SectorSize]);

        // A sector behind the end of the disk, and an unknown type: the device writes only the status, behind untouched data.
        foreach ((uint type, ulong sector, BlockResult result)
            in new[] { (0u, (ulong)BlockKind.Sectors, BlockResult.IoError), (0x77u, 0ul, BlockResult.Unsupported) })
        {
            ulong status = bus.Place([(byte)BlockResult.None]);
            queue.Offer(
                DriverBuffer.Readable(bus.Place(BlockKind.Header(type, sector)), 16),
                DriverBuffer.Writable(room, BlockKind.SectorSize),
                DriverBuffer.Writable(status, 1));
            queue.Kick();
            Assert.Equal(0u, queue.Collect().Length);
            Assert.Equal((byte)result, bus.Read(status, 1)[0]);
            Assert.All(bus.Read(room, BlockKind.SectorSize), value => Assert.Equal(0, value));
        }
    }

    [Theory]
    [MemberData(nameof(RingKind.LayoutNames), MemberType = typeof(RingKind))]
    [Requirement("SPLIT-DESC-2", "PACKED-DESC-2")]
    public void Data_of_a_write_that_is_flagged_writable_does_not_reach_the_disk(string ring)
    {
        byte[] image = BlockKind.NewImage();
        byte[] before = [.. image];
        using var bus = new TestBus(
            new BlockDevice(new MemoryStorage(image), new BlockDeviceOptions { RingFeatures = RingKind.Named(ring) }));
        DriverQueue queue = bus.Driver().Start().Queue();
        queue.Offer(
            DriverBuffer.Readable(bus.Place(BlockKind.Header(1, 0)), 16),
            DriverBuffer.Writable(bus.Place([.. Enumerable.Repeat((byte)0x99, BlockKind.SectorSize)]), BlockKind.SectorSize),
            DriverBuffer.Writable(bus.Place([(byte)BlockResult.None]), 1));
        queue.Kick();
        queue.Collect();
        Assert.Equal(before, image);
    }

    // Differs from the length of the entry and the buffer before it in the same place, because ring sizes are powers of two.
    private static int LengthOf(ulong number) => 1 + (int)(number % 7);

    private static void Write(TestBus bus, ulong address, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bus.Memory.TryWrite(address, bytes);
    }

    private static ulong Read(TestBus bus, ulong address)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bus.Memory.TryRead(address, bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
