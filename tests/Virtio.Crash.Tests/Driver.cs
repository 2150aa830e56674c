using System.Buffers.Binary;
using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.Crash.Tests;

/// <summary>A driver that offers numbered requests and collects them. It outlives every device.</summary>
internal abstract class Driver(GuestMemory memory, int size, bool inOrder)
{
    internal const ulong Table = 0;
    internal const ulong DriverArea = 0x1000;
    internal const ulong DeviceArea = 0x2000;
    private const ulong Data = 0x4000;

    protected const ushort Next = 1;

    /// <summary>The requests in flight, oldest first: number, id and number of descriptors.</summary>
    protected List<(int Number, ushort Id, int Count)> Out { get; } = [];

    /// <summary>Numbers of the requests that were collected.</summary>
    internal HashSet<int> Done { get; } = [];

    internal int Offered { get; private set; }

    internal IEnumerable<int> Numbers => Out.Select(request => request.Number);

    protected int Size => size;

    protected int Room => size - Out.Sum(request => request.Count);

    /// <summary>Offers a request of the given number of descriptors; false when there is no room.</summary>
    internal bool TryOffer(int count)
    {
        if (Room < count)
            return false;
        Offered++;
        Out.Add((Offered, Put(Offered, count), count));
        return true;
    }

    /// <summary>Collects the used requests.</summary>
    internal void Collect()
    {
        while (TryFindUsed(out ushort id))
        {
            int last = Out.FindIndex(request => request.Id == id);
            Assert.True(last >= 0, $"{id} was used and is not in flight");

            // With IN_ORDER all requests before it are used too (virtio 1.4, 2.7.9 and 2.8.10).
            int first = inOrder ? 0 : last;
            (int Number, ushort Id, int Count)[] brought = [.. Out[first..(last + 1)]];
            Out.RemoveRange(first, brought.Length);
            Pass(brought.Length, brought.Sum(request => request.Count));
            foreach ((int number, ushort name, _) in brought)
            {
                Assert.True(Done.Add(number));
                Free(name);
            }
        }
    }

    /// <summary>The queue state for the next device. A real front-end knows no more than this after a crash.</summary>
    internal abstract QueueState Hint { get; }

    protected abstract ushort Put(int number, int count);

    protected abstract bool TryFindUsed(out ushort id);

    /// <summary>Advances past a used entry that stands for so many chains with so many descriptors.</summary>
    protected abstract void Pass(int chains, int descriptors);

    protected abstract void Free(ushort id);

    // The total length of the descriptors encodes the request's number.
    protected void Describe(int slot, int part, int count, int number, ushort third, ushort fourth)
    {
        int length = part < count - 1 ? 1 : number - count + 1 + 100;
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Data);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[12..], third);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[14..], fourth);
        Assert.True(memory.TryWrite(Table + ((ulong)slot * 16), bytes));
    }

    internal static int NumberOf(DescriptorChain chain) => (int)chain.Reader.Remaining - 100;

    protected ushort Read(ulong address)
    {
        Span<byte> bytes = stackalloc byte[2];
        Assert.True(memory.TryRead(address, bytes));
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    protected void Write(ulong address, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        Assert.True(memory.TryWrite(address, bytes));
    }
}
