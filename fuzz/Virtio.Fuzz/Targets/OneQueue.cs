using Virtio.Queues;

namespace Virtio.Fuzz.Targets;

/// <summary>
/// A queue with one chain, made available by a driver that follows the rules; the buffers are arbitrary. Both layouts; no thread.
/// </summary>
internal sealed class OneQueue
{
    private const int Size = 8;
    private const ushort Next = 1;
    private const ushort Indirect = 4;
    private const ushort Available = 1 << 7;

    private readonly GuestRam _ram;
    private readonly bool _packed;
    private readonly RingMemory _memory;
    private int _taken; // calls of TakeUsed

    internal OneQueue(GuestRam ram, bool packed, VirtioFeatures features = VirtioFeatures.IndirectDescriptors)
    {
        _ram = ram;
        _packed = packed;
        _memory = packed ? new PackedMemory(ram, Size) : new SplitMemory(ram, Size);
        _memory.Clear();
        QueueConfig config = _memory.Config(features | VirtioFeatures.Version1, QueueState.Initial);
        Check.That(Virtqueue.TryCreate(config, ram.Memory, () => { }, new ProcessSignal(), out Virtqueue? queue));
        Queue = queue!;
        Queue.BindToCurrentThread();
    }

    internal Virtqueue Queue { get; }

    /// <summary>Offers an indirect table with its current content.</summary>
    internal void OfferTable(ulong address, uint length, bool hasNext = false)
    {
        _ram.Write(RingMemory.Descriptors, address);
        if (_packed)
        {
            WriteRest(0, length, 0, (ushort)(Indirect | Available | (hasNext ? Next : 0)));
            if (hasNext)
                WriteRest(1, 1, 0, Available);
        }
        else
        {
            WriteRest(0, length, (ushort)(Indirect | (hasNext ? Next : 0)), 1);
            MakeAvailable();
        }
    }

    /// <summary>Offers a chain in a table: first the readable bytes, then the writable ones, in pieces of the given sizes.</summary>
    internal void Offer(ulong readable, int readableLength, int readablePiece, ulong writable, int writableLength, int writablePiece)
    {
        int entries = 0;
        for (int at = 0; at < readableLength; at += readablePiece)
            WriteEntry(entries++, readable + (ulong)at, Math.Min(readablePiece, readableLength - at), writable: false);
        for (int at = 0; at < writableLength; at += writablePiece)
            WriteEntry(entries++, writable + (ulong)at, Math.Min(writablePiece, writableLength - at), writable: true);
        if (!_packed)
        {
            ulong flags = RingMemory.Table + ((ulong)(entries - 1) * 16) + 12;
            _ram.Write(flags, (ushort)(_ram.Read<ushort>(flags) & ~Next));
        }

        OfferTable(RingMemory.Table, (uint)entries * 16);
    }

    /// <summary>
    /// Offers a table with the input's entries. Most are in RAM.
    /// An entry is readable with a probability of <paramref name="readable"/> in 256.
    /// </summary>
    internal void OfferAny(ref FuzzInput input, int readable)
    {
        int entries = 1 + (input.Byte() % 32);
        for (int i = 0; i < entries; i++)
        {
            ulong at = RingMemory.Table + ((ulong)i * 16);
            ushort flags = (ushort)((input.Byte() < readable ? 0 : 2) | (!_packed && i < entries - 1 ? Next : 0));
            ushort next = (ushort)(i + 1);
            _ram.Write(at, input.Address());
            _ram.Write(at + 8, input.Length() | ((ulong)(_packed ? next : flags) << 32) | ((ulong)(_packed ? flags : next) << 48));
        }

        OfferTable(RingMemory.Table, (uint)entries * 16);
    }

    /// <summary>The length of the used chain; null if it was not used.</summary>
    internal uint? TakeUsed()
    {
        Queue.Publish();
        _memory.PermitDevice();
        Check.That(_taken++ == 0);
        if (_packed)
        {
            ulong word = _ram.Read<ulong>(RingMemory.Descriptors + 8);
            return (word >> 63) != 0 ? (uint)word : null;
        }

        return _ram.Read<ushort>(RingMemory.DeviceArea + 2) == 1 ? (uint)(_ram.Read<ulong>(RingMemory.DeviceArea + 4) >> 32) : null;
    }

    private void WriteEntry(int index, ulong address, int length, bool writable)
    {
        ulong at = RingMemory.Table + ((ulong)index * 16);
        ushort flags = (ushort)((writable ? 2 : 0) | (_packed ? 0 : Next));
        _ram.Write(at, address);
        _ram.Write(at + 8, (uint)length | ((ulong)(_packed ? 0 : flags) << 32) | ((ulong)(_packed ? flags : (ushort)(index + 1)) << 48));
    }

    private void WriteRest(int slot, uint length, ushort third, ushort fourth) =>
        _ram.Write(RingMemory.Descriptors + ((ulong)slot * 16) + 8, length | ((ulong)third << 32) | ((ulong)fourth << 48));

    private void MakeAvailable()
    {
        _ram.Write(RingMemory.DriverArea + 4, (ushort)0);
        _ram.Write(RingMemory.DriverArea + 2, (ushort)1);
    }
}
