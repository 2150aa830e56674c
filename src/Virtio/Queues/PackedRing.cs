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
    private bool _availableWrap = true;
    private int _nextUsed;
    private bool _usedWrap = true;
    private int _inFlight;

    // The first used descriptor of a batch is written last: until then the driver sees none of the batch (virtio 1.4, 2.8.6).
    private int _batchDescriptors;
    private int _batchFirst;
    private ulong _batchFirstWord;

    private PackedRing(GuestMemory memory, QueueConfig config, RingArea descriptors, RingArea driverEvent, RingArea deviceEvent)
    {
        _memory = memory;
        _descriptors = descriptors;
        _driverEvent = driverEvent;
        _deviceEvent = deviceEvent;
        _size = (int)config.Size;
        _eventIndex = config.Features.HasFlag(VirtioFeatures.EventIndex);
        _indirect = config.Features.HasFlag(VirtioFeatures.IndirectDescriptors);
    }

    internal static bool TryCreate(GuestMemory memory, QueueConfig config, out PackedRing? ring)
    {
        ring = null;
        ulong size = (ulong)config.Size * Descriptor.Size;
        if (!RingArea.TryResolve(memory, config.DescriptorArea, size, 16, out RingArea descriptors)
            || !RingArea.TryResolve(memory, config.DriverArea, EventSize, 4, out RingArea driverEvent)
            || !RingArea.TryResolve(memory, config.DeviceArea, EventSize, 4, out RingArea deviceEvent)
            || Overlap(config.DescriptorArea, size, config.DriverArea, EventSize)
            || Overlap(config.DescriptorArea, size, config.DeviceArea, EventSize)
            || Overlap(config.DriverArea, EventSize, config.DeviceArea, EventSize))
            return false;
        ring = new PackedRing(memory, config, descriptors, driverEvent, deviceEvent);
        return true;
    }

    internal override bool HasAvailable => TryReadAvailable(_nextAvailable, _availableWrap, out _);

    internal override TakeResult TryTake(DescriptorChain chain)
    {
        int index = _nextAvailable;
        bool wrap = _availableWrap;
        if (!TryReadAvailable(index, wrap, out ulong rest))
            return TakeResult.Empty;
        chain.Clear();
        int room = unchecked(_size - _inFlight);
        bool wellFormed = true;
        for (int count = 1; ; count++)
        {
            // More in flight than the ring holds: the driver offers slots again that it was never given back, and no order can be made of that.
            if (count > room)
                return TakeResult.Broken;
            var descriptor = new Descriptor(ReadAddress(index), rest);
            wellFormed = wellFormed && TryAppend(chain, descriptor);
            Step(ref index, ref wrap, 1);
            if ((Flags(descriptor) & DescriptorFlags.Next) == 0)
                return Take(chain, descriptor.Third, count, index, wrap, wellFormed);

            // The driver writes a chain's first flags last (virtio 1.4, 2.8.21), so the rest must be there: one that is not never will be.
            if (!TryReadAvailable(index, wrap, out rest))
                return TakeResult.Broken;
        }
    }

    internal override void PutUsed(DescriptorChain chain, uint written)
    {
        // WRITE says that the length counts (virtio 1.4, 2.8.13): nothing was written, then it does not.
        DescriptorFlags flags = (written > 0 ? DescriptorFlags.Write : 0) | (_usedWrap ? AvailableAndUsed : 0);
        ulong word = written | ((ulong)chain.Id << 32) | ((ulong)flags << 48);
        if (_batchDescriptors == 0)
        {
            _batchFirst = _nextUsed;
            _batchFirstWord = word;
        }
        else
        {
            WriteUsed(_nextUsed, word);
        }

        int slots = chain.RingDescriptors;
        _batchDescriptors = unchecked(_batchDescriptors + slots);
        _inFlight = unchecked(_inFlight - slots);
        Step(ref _nextUsed, ref _usedWrap, slots);
    }

    internal override bool Publish()
    {
        if (_batchDescriptors == 0)
            return false;
        WriteUsed(_batchFirst, _batchFirstWord);
        int added = _batchDescriptors;
        _batchDescriptors = 0;

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

    // Both areas are RAM, so that neither end wraps.
    private static bool Overlap(ulong first, ulong firstLength, ulong second, ulong secondLength) =>
        first < second + secondLength && second < first + firstLength;

    private static DescriptorFlags Flags(Descriptor descriptor) => (DescriptorFlags)descriptor.Fourth;

    private bool DriverWantsInterrupt(int added)
    {
        uint word = _driverEvent.ReadUInt32(0);
        switch (word >> 16)
        {
            case EventDisable:
                return false;
            case EventAtPosition when _eventIndex:
                int position = (ushort)(word & (EventWrapBit - 1u));
                bool wrap = (word & EventWrapBit) != 0;
                return unchecked(RingIndex.Crosses((ushort)(wrap == _usedWrap ? position : position - _size), (ushort)_nextUsed, (ushort)(_nextUsed - added)));
            default:
                return true;
        }
    }

    private TakeResult Take(DescriptorChain chain, ushort id, int count, int index, bool wrap, bool wellFormed)
    {
        chain.Id = id;
        chain.RingDescriptors = count;
        _inFlight = unchecked(_inFlight + count);
        _nextAvailable = index;
        _availableWrap = wrap;
        return wellFormed ? TakeResult.Taken : TakeResult.Malformed;
    }

    private bool TryAppend(DescriptorChain chain, Descriptor descriptor)
    {
        DescriptorFlags flags = Flags(descriptor);
        if ((flags & DescriptorFlags.Indirect) == 0)
            return chain.TryAppend(_memory, descriptor.Address, descriptor.Length, (flags & DescriptorFlags.Write) != 0);

        // Not offered, not understood; and a table is the end of a chain (virtio 1.4, 2.8.19).
        if (!_indirect || (flags & DescriptorFlags.Next) != 0)
            return false;
        return TryAppendTable(chain, descriptor);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryAppendTable(DescriptorChain chain, Descriptor table)
    {
        if (table.Length == 0 || table.Length % Descriptor.Size != 0 || table.Length / Descriptor.Size > DescriptorChain.MaximumDescriptors)
            return false;
        for (uint offset = 0; offset < table.Length; offset += Descriptor.Size)
        {
            if (!_memory.TryReadDescriptor(unchecked(table.Address + offset), out Descriptor entry))
                return false;

            // Of the flags only WRITE counts in a table, whose length alone says where it ends; but a table in a table is refused (2.8.7).
            DescriptorFlags flags = Flags(entry);
            if ((flags & DescriptorFlags.Indirect) != 0 || !chain.TryAppend(_memory, entry.Address, entry.Length, (flags & DescriptorFlags.Write) != 0))
                return false;
        }

        return true;
    }

    private bool TryReadAvailable(int index, bool wrap, out ulong rest)
    {
        // Length, id and flags come in one aligned acquiring read, so that all three are what the flags announced; the address after them.
        rest = _descriptors.ReadUInt64(WordOffset(index));
        DescriptorFlags wanted = wrap ? DescriptorFlags.Available : DescriptorFlags.Used;
        return ((DescriptorFlags)unchecked((ushort)(rest >> 48)) & AvailableAndUsed) == wanted;
    }

    private ulong ReadAddress(int index) => _descriptors.ReadUInt64(unchecked(index * Descriptor.Size));

    private static int WordOffset(int index) => unchecked((index * Descriptor.Size) + 8);

    // One release store of id, length and flags: the driver never sees the flags without the rest (virtio 1.4, 2.8.6.1).
    private void WriteUsed(int index, ulong word) => _descriptors.WriteUInt64(WordOffset(index), word);

    // Positions and counts are at most the ring's size, 32768.
    private void Step(ref int index, ref bool wrap, int count)
    {
        index = unchecked(index + count);
        if (index >= _size)
        {
            index = unchecked(index - _size);
            wrap = !wrap;
        }
    }
}
