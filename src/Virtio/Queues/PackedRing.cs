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
    private const uint AvailableAndUsed = (uint)(DescriptorFlags.Available | DescriptorFlags.Used);
    private const uint Next = (uint)DescriptorFlags.Next;
    private const uint Write = (uint)DescriptorFlags.Write;
    private const uint Indirect = (uint)DescriptorFlags.Indirect;

    private readonly GuestMemory _memory;
    private readonly RingArea _descriptors;
    private readonly RingArea _driverEvent;
    private readonly RingArea _deviceEvent;
    private readonly int _size;

    // In bytes, as are the positions: a descriptor lies at its position, and its word of length, id and flags behind the address there.
    private readonly nuint _length;
    private readonly bool _eventIndex;
    private readonly bool _indirect;

    // Each with the wrap counter that belongs to it, as the flags that say so.
    private nuint _available;
    private uint _availableFlags;
    private nuint _used;
    private uint _usedFlags;
    private int _inFlight;

    private PackedRing(GuestMemory memory, QueueConfig config, RingArea descriptors, RingArea driverEvent, RingArea deviceEvent)
    {
        _memory = memory;
        _descriptors = descriptors;
        _driverEvent = driverEvent;
        _deviceEvent = deviceEvent;
        _size = (int)config.Size;
        _length = config.Size * Descriptor.Size;
        _eventIndex = config.Features.HasFlag(VirtioFeatures.EventIndex);
        _indirect = config.Features.HasFlag(VirtioFeatures.IndirectDescriptors);
        _available = (uint)config.State.NextAvailable * Descriptor.Size;
        _availableFlags = (uint)(config.State.AvailableWrap ? DescriptorFlags.Available : DescriptorFlags.Used);
        _used = (uint)config.State.NextUsed * Descriptor.Size;
        _usedFlags = config.State.UsedWrap ? AvailableAndUsed : 0;
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

    internal override bool HasAvailable => (FlagsAt(_available) & AvailableAndUsed) == _availableFlags;

    internal override QueueState State => new(NextAvailable, AvailableWrap, NextUsed, UsedWrap);

    internal override TakeResult TryTake(DescriptorChain chain)
    {
        RingArea descriptors = _descriptors;
        nuint start = _available;
        uint expected = _availableFlags;

        // Length, id and flags come in one aligned acquiring read, so that all three are what the flags announced; the address after them.
        ulong word = descriptors.ReadUInt64(WordOf(start));
        uint flags = FlagsOf(word);
        if ((flags & AvailableAndUsed) != expected)
            return TakeResult.Empty;
        ulong address = descriptors.ReadUInt64(start);
        if ((flags & Indirect) != 0)
            return TakeTable(chain, new Descriptor(address, word));
        nuint length = _length;
        nuint end = _used;
        if (start == end && _inFlight > 0)
            return TakeResult.Broken;
        var shape = new ChainShape(_memory);
        nuint position = start;
        while ((flags & Indirect) == 0 && shape.TryAdd(chain, address, unchecked((uint)word), flags & Write))
        {
            position = unchecked(position + Descriptor.Size);
            if (position == length)
                (position, expected) = (0, expected ^ AvailableAndUsed);
            if ((flags & Next) == 0)
            {
                Take(chain, unchecked((ushort)(word >> 32)), position, expected);
                return shape.TryEnd(chain) ? TakeResult.Taken : TakeResult.Malformed;
            }

            // More in flight than the ring holds: the driver offers slots again that it was never given back, and no order can be made of that.
            if (position == end)
                return TakeResult.Broken;
            word = descriptors.ReadUInt64(WordOf(position));
            flags = FlagsOf(word);

            // The driver writes a chain's first flags last (virtio 1.4, 2.8.21), so the rest must be there: one that is not never will be.
            if ((flags & AvailableAndUsed) != expected)
                return TakeResult.Broken;
            address = descriptors.ReadUInt64(position);
        }

        chain.Shape = shape;
        return TakeRest(chain, position, expected);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal override void PutUsed(ushort id, uint written, int chains, int descriptors)
    {
        // WRITE says that the length counts (virtio 1.4, 2.8.13): nothing was written, then it does not.
        uint flags = (written > 0 ? Write : 0) | _usedFlags;
        ulong word = written | ((ulong)id << 32) | ((ulong)flags << 48);

        // One release store of id, length and flags: the driver never sees the flags without the rest (virtio 1.4, 2.8.6.1). At once, so that one that polls
        // need not wait for the rest of a batch.
        nuint position = _used;
        _descriptors.WriteUInt64(WordOf(position), word);
        Untold = unchecked(Untold + descriptors);
        _inFlight = unchecked(_inFlight - descriptors);
        position = unchecked(position + ((uint)descriptors * Descriptor.Size));
        if (position >= _length)
        {
            position = unchecked(position - _length);
            _usedFlags ^= AvailableAndUsed;
        }

        _used = position;
    }

    internal override bool Publish()
    {
        int added = Untold;
        Untold = 0;

        // The used entry must be visible before the driver's event is read: otherwise the driver could enable interrupts, see nothing used, and
        // sleep, while we read the old event and stay silent. x64 does reorder this store and this load.
        Interlocked.MemoryBarrier();
        return DriverWantsInterrupt(added);
    }

    internal override void SuppressKicks() => _deviceEvent.WriteUInt32(0, EventDisable << 16);

    internal override bool RequestKicks()
    {
        uint position = NextAvailable | (AvailableWrap ? EventWrapBit : 0u);
        _deviceEvent.WriteUInt32(0, _eventIndex ? position | (EventAtPosition << 16) : EventEnable << 16);

        // The request must be visible before we look again: otherwise the driver could publish and read "disabled", while we read an empty ring.
        Interlocked.MemoryBarrier();
        return HasAvailable;
    }

    private ushort NextAvailable => unchecked((ushort)(_available / Descriptor.Size));

    private bool AvailableWrap => _availableFlags == (uint)DescriptorFlags.Available;

    private ushort NextUsed => unchecked((ushort)(_used / Descriptor.Size));

    private bool UsedWrap => _usedFlags != 0;

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
                return unchecked(RingIndex.Crosses((ushort)(wrap == UsedWrap ? position : position - _size), NextUsed, (ushort)(NextUsed - added)));
            default:
                return true;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Take(DescriptorChain chain, ushort id, nuint position, uint expected)
    {
        nuint start = _available;
        nuint bytes = unchecked(position - start + (position <= start ? _length : 0));
        int count = unchecked((int)(bytes / Descriptor.Size));
        _available = position;
        _availableFlags = expected;
        _inFlight = unchecked(_inFlight + count);
        chain.Take(id, count);
    }

    /// <summary>
    /// Goes on from a descriptor that is not simply a piece of RAM in its place. What was read of it is not used: it is read again. Behind one that breaks a rule
    /// only the chain's end counts.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private TakeResult TakeRest(DescriptorChain chain, nuint position, uint expected)
    {
        bool wellFormed = true;
        int before = (int)(unchecked(position - _available + (position < _available ? _length : 0)) / Descriptor.Size);
        while (true)
        {
            ulong word = _descriptors.ReadUInt64(WordOf(position));
            if ((FlagsOf(word) & AvailableAndUsed) != expected)
                return TakeResult.Broken;
            var descriptor = new Descriptor(_descriptors.ReadUInt64(position), word);
            wellFormed = wellFormed && TryAdd(chain, descriptor, before);
            before++;
            position += Descriptor.Size;
            if (position == _length)
                (position, expected) = (0, expected ^ AvailableAndUsed);
            if ((descriptor.Fourth & Next) == 0)
            {
                Take(chain, descriptor.Third, position, expected);
                return wellFormed && chain.Shape.TryEnd(chain) ? TakeResult.Taken : TakeResult.Malformed;
            }

            if (position == _used)
                return TakeResult.Broken;
        }
    }

    private bool TryAdd(DescriptorChain chain, Descriptor descriptor, int before) => (descriptor.Fourth & Indirect) != 0
        ? IsTable(descriptor, before) && TryAddTable(chain, descriptor, 0)
        : chain.Shape.TryAddSlowly(chain, descriptor.Address, descriptor.Length, descriptor.Fourth & Write);

    /// <summary>Takes a chain that begins with a table, and ends with it unless it breaks a rule.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private TakeResult TakeTable(DescriptorChain chain, Descriptor table)
    {
        nuint start = _available;
        if (start == _used && _inFlight > 0)
            return TakeResult.Broken;
        ChainShape shape = chain.Shape = new ChainShape(_memory);
        if (!IsTable(table, 0))
            return TakeRest(chain, start, _availableFlags);
        uint done = 0;
        while (done < table.Length
            && shape.TryRead(unchecked(table.Address + done), out Descriptor entry)
            && (entry.Fourth & Indirect) == 0
            && shape.TryAdd(chain, entry.Address, entry.Length, entry.Fourth & Write))
            done = unchecked(done + Descriptor.Size);
        bool last = unchecked(start + Descriptor.Size) == _length;
        Take(chain, table.Third, last ? 0 : unchecked(start + Descriptor.Size), last ? _availableFlags ^ AvailableAndUsed : _availableFlags);
        if (done == table.Length)
            return shape.TryEnd(chain) ? TakeResult.Taken : TakeResult.Malformed;

        // What was read of the descriptor that ended the loop is not used: it is read again.
        chain.Shape = shape;
        return TryAddTable(chain, table, done) && chain.Shape.TryEnd(chain) ? TakeResult.Taken : TakeResult.Malformed;
    }

    /// <summary>Whether a descriptor may be a table, behind as many others of its chain.</summary>
    private bool IsTable(Descriptor table, int before)
    {
        // Not offered, not understood; and a table is the end of a chain (virtio 1.4, 2.8.19).
        uint entries = table.Length / Descriptor.Size;
        return _indirect && (table.Fourth & Next) == 0 && table.Length % Descriptor.Size == 0 && entries is > 0 and <= DescriptorChain.MaximumDescriptors
            && before + (int)entries <= Math.Max(DescriptorChain.MaximumDescriptors, _size);
    }

    /// <summary>Adds the buffers of a table behind its first bytes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryAddTable(DescriptorChain chain, Descriptor table, uint done)
    {
        for (ulong offset = done; offset < table.Length; offset += Descriptor.Size)
        {
            // Of the flags only WRITE counts in a table, whose length alone says where it ends; but a table in a table is refused (2.8.7).
            if (!_memory.TryReadDescriptor(unchecked(table.Address + offset), out Descriptor entry)
                || (entry.Fourth & Indirect) != 0
                || !chain.Shape.TryAddSlowly(chain, entry.Address, entry.Length, entry.Fourth & Write))
                return false;
        }

        return true;
    }

    private static uint FlagsOf(ulong word) => unchecked((uint)(word >> 48));

    private static nuint WordOf(nuint position) => unchecked(position + sizeof(ulong));

    private uint FlagsAt(nuint position) => FlagsOf(_descriptors.ReadUInt64(WordOf(position)));
}
