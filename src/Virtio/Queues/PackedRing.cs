using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>The packed layout (virtio 1.4, 2.8): one ring that both sides write, told apart by two wrap counters.</summary>
internal sealed class PackedRing : RingLayout
{
    /// <summary>Each event suppression structure: 16 bits of position, 16 bits of flags.</summary>
    internal const int EventSize = 4;

    private const uint EventEnable = 0;
    private const uint EventDisable = 1;
    private const uint EventAtPosition = 2;
    private const ushort EventWrapBit = 1 << 15;
    private const DescriptorFlags AvailableAndUsed = DescriptorFlags.Available | DescriptorFlags.Used;

    private readonly GuestMemory _memory;
    private readonly RingArea _descriptors;
    private readonly RingArea _driverEvent;
    private readonly RingArea _deviceEvent;
    private readonly int _size;
    private readonly bool _eventIndex;
    private readonly bool _indirect;

    private int _nextAvailable;
    private bool _availableWrap;
    private int _nextUsed;
    private bool _usedWrap;
    private int _inFlight;

    // Descriptors used since the driver was last told.
    private int _untold;

    private PackedRing(GuestMemory memory, QueueConfig config, RingArea descriptors, RingArea driverEvent, RingArea deviceEvent)
    {
        _memory = memory;
        _descriptors = descriptors;
        _driverEvent = driverEvent;
        _deviceEvent = deviceEvent;
        _size = (int)config.Size;
        _eventIndex = config.Features.HasFlag(VirtioFeatures.EventIndex);
        _indirect = config.Features.HasFlag(VirtioFeatures.IndirectDescriptors);
        (_nextAvailable, _availableWrap) = (config.State.NextAvailable, config.State.AvailableWrap);
        (_nextUsed, _usedWrap) = (config.State.NextUsed, config.State.UsedWrap);
    }

    internal static bool TryCreate(GuestMemory memory, QueueConfig config, out PackedRing? ring)
    {
        ring = null;
        ulong size = (ulong)config.Size * Descriptor.Size;
        if (!RingArea.TryResolve(memory, config.DescriptorArea, size, 16, out RingArea descriptors)
            || !RingArea.TryResolve(memory, config.DriverArea, EventSize, 4, out RingArea driverEvent)
            || !RingArea.TryResolve(memory, config.DeviceArea, EventSize, 4, out RingArea deviceEvent)
            || RingArea.Overlap(config.DescriptorArea, size, config.DriverArea, EventSize)
            || RingArea.Overlap(config.DescriptorArea, size, config.DeviceArea, EventSize)
            || RingArea.Overlap(config.DriverArea, EventSize, config.DeviceArea, EventSize)
            || config.State.NextAvailable >= config.Size
            || config.State.NextUsed >= config.Size)
            return false;
        ring = new PackedRing(memory, config, descriptors, driverEvent, deviceEvent);
        return true;
    }

    internal override bool HasAvailable => IsAvailable(_descriptors.ReadUInt64(WordOffset(_nextAvailable)), _availableWrap);

    internal override QueueState State => new((ushort)_nextAvailable, _availableWrap, (ushort)_nextUsed, _usedWrap);

    internal override TakeResult TryTake(DescriptorChain chain)
    {
        RingArea descriptors = _descriptors;
        int index = _nextAvailable;
        bool wrap = _availableWrap;
        ulong word = descriptors.ReadUInt64(WordOffset(index));
        if (!IsAvailable(word, wrap))
            return TakeResult.Empty;
        GuestBufferList pieces = chain.Pieces;
        pieces.Clear();
        var shape = default(ChainShape);
        int room = Room;
        for (int count = 1; count <= room; count = unchecked(count + 1))
        {
            ulong address = descriptors.ReadUInt64(unchecked(index * Descriptor.Size));
            var flags = (DescriptorFlags)unchecked((ushort)(word >> 48));
            if ((flags & DescriptorFlags.Indirect) != 0 || !shape.TryAdd(pieces, address, unchecked((uint)word), flags))
                return TakeRest(chain, new Descriptor(address, word), count, shape);
            if ((flags & DescriptorFlags.Next) == 0)
                return Take(chain, unchecked((ushort)(word >> 32)), count, shape);
            Step(ref index, ref wrap, 1);
            word = descriptors.ReadUInt64(WordOffset(index));

            // The driver writes a chain's first flags last (virtio 1.4, 2.8.21), so the rest must be there: one that is not never will be.
            if (!IsAvailable(word, wrap))
                return TakeResult.Broken;
        }

        // More in flight than the ring holds: the driver offers slots again that it was never given back, and no order can be made of that.
        return TakeResult.Broken;
    }

    internal override void PutUsed(ushort id, uint written, int chains, int descriptors)
    {
        // WRITE says that the length counts (virtio 1.4, 2.8.13): nothing was written, then it does not.
        DescriptorFlags flags = (written > 0 ? DescriptorFlags.Write : 0) | (_usedWrap ? AvailableAndUsed : 0);
        ulong word = written | ((ulong)id << 32) | ((ulong)flags << 48);

        // Seen by the driver at once, so that one that polls need not wait for the rest of a batch.
        WriteUsed(_nextUsed, word);
        _untold = unchecked(_untold + descriptors);
        _inFlight = unchecked(_inFlight - descriptors);
        Step(ref _nextUsed, ref _usedWrap, descriptors);
    }

    internal override bool Publish()
    {
        if (_untold == 0)
            return false;
        int added = _untold;
        _untold = 0;

        // The used entry must be visible before the driver's event is read: otherwise the driver could enable interrupts, see nothing used, and
        // sleep, while we read the old event and stay silent. x64 does reorder this store and this load.
        Interlocked.MemoryBarrier();
        return DriverWantsInterrupt(added);
    }

    internal override void SuppressKicks() => _deviceEvent.WriteUInt32(0, EventDisable << 16);

    internal override bool RequestKicks()
    {
        uint position = (uint)_nextAvailable | (_availableWrap ? EventWrapBit : 0u);
        _deviceEvent.WriteUInt32(0, _eventIndex ? position | (EventAtPosition << 16) : EventEnable << 16);

        // The request must be visible before we look again: otherwise the driver could publish and read "disabled", while we read an empty ring.
        Interlocked.MemoryBarrier();
        return HasAvailable;
    }

    // Free places of the ring.
    private int Room => unchecked(_size - _inFlight);

    private static DescriptorFlags Flags(Descriptor descriptor) => (DescriptorFlags)descriptor.Fourth;

    private bool DriverWantsInterrupt(int added)
    {
        uint word = _driverEvent.ReadUInt32(0);
        switch (word >> 16)
        {
            case EventDisable:
                return false;
            case EventAtPosition when _eventIndex && added < _size:
                int position = (ushort)(word & (EventWrapBit - 1u));
                bool wrap = (word & EventWrapBit) != 0;
                return unchecked(RingIndex.Crosses((ushort)(wrap == _usedWrap ? position : position - _size), (ushort)_nextUsed, (ushort)(_nextUsed - added)));
            default:
                return true;
        }
    }

    private TakeResult Take(DescriptorChain chain, ushort id, int count, in ChainShape shape)
    {
        if (shape.IsTooLong)
            return TakeMalformed(chain, id, count);
        TakeMalformed(chain, id, count);
        chain.Begin(shape);
        return TakeResult.Taken;
    }

    private TakeResult TakeMalformed(DescriptorChain chain, ushort id, int count)
    {
        chain.Take(id, count);
        _inFlight = unchecked(_inFlight + count);
        Step(ref _nextAvailable, ref _availableWrap, count);
        return TakeResult.Malformed;
    }

    /// <summary>Goes on from the first descriptor, the chain's <paramref name="count"/>th, that is not simply a piece of RAM in its place.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private TakeResult TakeRest(DescriptorChain chain, Descriptor descriptor, int count, ChainShape shape)
    {
        if (TryAddTable(chain.Pieces, descriptor, count - 1, ref shape))
            return Take(chain, descriptor.Third, count, shape);
        int index = _nextAvailable;
        bool wrap = _availableWrap;
        Step(ref index, ref wrap, count - 1);
        while ((Flags(descriptor) & DescriptorFlags.Next) != 0)
        {
            Step(ref index, ref wrap, 1);
            ulong word = _descriptors.ReadUInt64(WordOffset(index));
            if (++count > Room || !IsAvailable(word, wrap))
                return TakeResult.Broken;
            descriptor = new Descriptor(0, word);
        }

        return TakeMalformed(chain, descriptor.Third, count);
    }

    private bool TryAddTable(GuestBufferList pieces, Descriptor table, int before, ref ChainShape shape)
    {
        // Not offered, not understood; and a table is the end of a chain (virtio 1.4, 2.8.19).
        if (!_indirect || (Flags(table) & (DescriptorFlags.Indirect | DescriptorFlags.Next)) != DescriptorFlags.Indirect)
            return false;
        if (table.Length == 0 || table.Length % Descriptor.Size != 0)
            return false;
        uint entries = table.Length / Descriptor.Size;
        if (entries > DescriptorChain.MaximumDescriptors || before + (int)entries > Math.Max(DescriptorChain.MaximumDescriptors, _size))
            return false;
        for (uint offset = 0; offset < table.Length; offset += Descriptor.Size)
        {
            if (!_memory.TryReadDescriptor(unchecked(table.Address + offset), out Descriptor entry))
                return false;

            // Of the flags only WRITE counts in a table, whose length alone says where it ends; but a table in a table is refused (2.8.7).
            DescriptorFlags flags = Flags(entry);
            if ((flags & DescriptorFlags.Indirect) != 0 || !shape.TryAdd(pieces, entry.Address, entry.Length, flags))
                return false;
        }

        return true;
    }

    // Length, id and flags come in one aligned acquiring read, so that all three are what the flags announced; the address after them.
    private static bool IsAvailable(ulong word, bool wrap) =>
        ((DescriptorFlags)unchecked((ushort)(word >> 48)) & AvailableAndUsed) == (wrap ? DescriptorFlags.Available : DescriptorFlags.Used);

    private static int WordOffset(int index) => unchecked((index * Descriptor.Size) + 8);

    // Positions and counts are at most the ring's size, 32768.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Step(ref int index, ref bool wrap, int count)
    {
        int next = unchecked(index + count);
        if (next >= _size)
        {
            next = unchecked(next - _size);
            wrap = !wrap;
        }

        index = next;
    }

    // One release store of id, length and flags: the driver never sees the flags without the rest (virtio 1.4, 2.8.6.1).
    private void WriteUsed(int index, ulong word) => _descriptors.WriteUInt64(WordOffset(index), word);
}
