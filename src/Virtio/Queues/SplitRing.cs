using System.Numerics;
using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>The split layout (virtio 1.4, 2.7): a table of descriptors, a ring that the driver writes, and one that the device writes.</summary>
internal sealed class SplitRing : RingLayout
{
    // Both rings: 16 bits of flags, 16 bits of index, then the entries, then the event index of the other side.
    private const int IndexOffset = 2;
    private const int EntriesOffset = 4;
    private const int AvailableEntrySize = 2;
    private const int UsedEntrySize = 8;
    private const int EventSize = 2;
    private const uint Next = (uint)DescriptorFlags.Next;
    private const uint Write = (uint)DescriptorFlags.Write;
    private const uint Indirect = (uint)DescriptorFlags.Indirect;
    private const ushort NoInterrupt = 1;
    private const ushort NoNotify = 1;

    private readonly GuestMemory _memory;
    private readonly RingArea _descriptors;
    private readonly RingArea _available;
    private readonly RingArea _used;
    private readonly int _size;
    private readonly bool _eventIndex;
    private readonly bool _indirect;

    // Indices count modulo 2^16; of the ring's size, a power of two, they are a place in it.
    private ushort _nextAvailable;
    private ushort _nextUsed;

    // The driver's index when last looked at.
    private ushort _seenAvailable;

    // Taken before this ring was made, and given back by nobody: not those that are taken again.
    private readonly ushort _lost;

    private SplitRing(GuestMemory memory, QueueConfig config, RingArea descriptors, RingArea available, RingArea used)
    {
        _memory = memory;
        _descriptors = descriptors;
        _available = available;
        _used = used;
        _size = (int)config.Size;
        _eventIndex = config.Features.HasFlag(VirtioFeatures.EventIndex);
        _indirect = config.Features.HasFlag(VirtioFeatures.IndirectDescriptors);
        _nextAvailable = _seenAvailable = config.State.NextAvailable;
        _nextUsed = config.State.NextUsed;
        _lost = unchecked((ushort)(_nextAvailable - _nextUsed - config.Unfinished.Count));
    }

    internal static bool TryCreate(GuestMemory memory, QueueConfig config, out SplitRing? ring)
    {
        ring = null;
        ulong table = (ulong)config.Size * Descriptor.Size;
        ulong available = EntriesOffset + ((ulong)config.Size * AvailableEntrySize) + EventSize;
        ulong used = EntriesOffset + ((ulong)config.Size * UsedEntrySize) + EventSize;
        if (!BitOperations.IsPow2(config.Size)
            || !RingArea.TryResolve(memory, config.DescriptorArea, table, 16, out RingArea descriptors)
            || !RingArea.TryResolve(memory, config.DriverArea, available, 2, out RingArea availableArea)
            || !RingArea.TryResolve(memory, config.DeviceArea, used, 4, out RingArea usedArea)
            || RingArea.Overlap(config.DescriptorArea, table, config.DriverArea, available)
            || RingArea.Overlap(config.DescriptorArea, table, config.DeviceArea, used)
            || RingArea.Overlap(config.DriverArea, available, config.DeviceArea, used))
            return false;
        ring = new SplitRing(memory, config, descriptors, availableArea, usedArea);
        return true;
    }

    internal override bool HasAvailable => _available.ReadUInt16(IndexOffset) != _nextAvailable;

    internal override QueueState State => new(_nextAvailable, true, _nextUsed, true);

    internal override TakeResult TryTake(DescriptorChain chain)
    {
        ushort next = _nextAvailable;
        if (_seenAvailable == next)
        {
            TakeResult seen = Look();
            if (seen != TakeResult.Taken)
                return seen;
        }

        ushort head = _available.ReadUInt16(unchecked(EntriesOffset + ((next & (_size - 1)) * AvailableEntrySize)));

        // Not a chain that could be given back by any number.
        if (head >= _size)
            return TakeResult.Broken;
        _nextAvailable = unchecked((ushort)(next + 1));
        chain.Take(head, 1);
        return TryWalk(chain, head) ? TakeResult.Taken : TakeResult.Malformed;
    }

    internal override TakeResult TakeAgain(DescriptorChain chain, UnfinishedChain unfinished)
    {
        chain.Take(unfinished.Id, 1);
        return TryWalk(chain, unfinished.Id) ? TakeResult.Taken : TakeResult.Malformed;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal override void PutUsed(ushort id, uint written, int chains, int descriptors)
    {
        RingArea used = _used;
        ushort next = _nextUsed;
        int entry = unchecked(EntriesOffset + ((next & (_size - 1)) * UsedEntrySize));
        used.WriteUInt32(entry, id);
        used.WriteUInt32(unchecked(entry + sizeof(uint)), written);
        next = unchecked((ushort)(next + chains));
        _nextUsed = next;
        Untold = unchecked(Untold + chains);

        // A release store after the entry, so that the driver never sees the index without it (virtio 1.4, 2.7.8.2). At once, so that one that polls
        // need not wait for the rest of a batch.
        used.WriteUInt16(IndexOffset, next);
    }

    internal override bool Publish()
    {
        int added = Untold;
        Untold = 0;

        // The index must be visible before the driver's wish is read: otherwise the driver could ask for an interrupt, see nothing used, and sleep,
        // while we read the old wish and stay silent. x64 does reorder this store and this load.
        Interlocked.MemoryBarrier();
        if (!_eventIndex)
            return (_available.ReadUInt16(0) & NoInterrupt) == 0;
        ushort wanted = _available.ReadUInt16(EntriesOffset + (_size * AvailableEntrySize));
        return added > ushort.MaxValue || RingIndex.Crosses(wanted, _nextUsed, unchecked((ushort)(_nextUsed - added)));
    }

    // With event indexes the flags stay 0, and the position that was asked for lies behind (virtio 1.4, 2.7.10).
    internal override void SuppressKicks()
    {
        if (!_eventIndex)
            _used.WriteUInt16(0, NoNotify);
    }

    internal override bool RequestKicks()
    {
        if (_eventIndex)
            _used.WriteUInt16(EntriesOffset + (_size * UsedEntrySize), _nextAvailable);
        else
            _used.WriteUInt16(0, 0);

        // The request must be visible before we look again: otherwise the driver could publish and read "not wanted", while we read the old index.
        Interlocked.MemoryBarrier();
        return HasAvailable;
    }

    /// <summary>Looks how far the driver is: <see cref="TakeResult.Taken"/> when there are chains to take.</summary>
    private TakeResult Look()
    {
        _seenAvailable = _available.ReadUInt16(IndexOffset);
        int offered = unchecked((ushort)(_seenAvailable - _nextAvailable));
        if (offered == 0)
            return TakeResult.Empty;

        // Each chain has a descriptor of its own in the table, so there are never more than that, offered and in flight (virtio 1.4, 2.7.13). An index that
        // says otherwise jumped, and chains offered again while in flight would be objects of ours without end.
        int inFlight = unchecked((ushort)(_nextAvailable - _nextUsed - _lost));
        return offered > _size - inFlight ? TakeResult.Broken : TakeResult.Taken;
    }

    private bool TryWalk(DescriptorChain chain, uint head)
    {
        RingArea descriptors = _descriptors;
        uint size = (uint)_size;
        var shape = new ChainShape(_memory);
        uint index = head;
        uint count = 0;

        // As many steps as there are descriptors: a chain that takes more is a loop.
        for (; count < size && index < size; count = unchecked(count + 1))
        {
            // One read each: the driver may change it meanwhile, and what was checked is what is used.
            nuint offset = unchecked((nuint)index * Descriptor.Size);
            var descriptor = new Descriptor(descriptors.ReadUInt64(offset), descriptors.ReadUInt64(unchecked(offset + sizeof(ulong))));
            uint flags = descriptor.Third;
            if ((flags & Indirect) != 0 && count == 0)
                return TryWalkTable(chain, descriptor);
            if ((flags & Indirect) != 0 || !shape.TryAdd(chain, descriptor.Address, descriptor.Length, flags & Write))
                break;
            if ((flags & Next) == 0)
                return shape.TryEnd(chain);
            index = descriptor.Fourth;
        }

        chain.Shape = shape;
        return TryWalkRest(chain, index, count);
    }

    /// <summary>
    /// Goes on from a descriptor that is not simply a piece of RAM in its place. What was read of it is not used: it is read again.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryWalkRest(DescriptorChain chain, uint index, uint count)
    {
        for (; count < _size && index < _size; count++)
        {
            nuint offset = index * Descriptor.Size;
            var descriptor = new Descriptor(_descriptors.ReadUInt64(offset), _descriptors.ReadUInt64(offset + sizeof(ulong)));
            uint flags = descriptor.Third;
            if ((flags & Indirect) != 0)
                return IsTable(descriptor) && TryWalkTableRest(chain, descriptor, 0, 0, RoomInTable(descriptor, count));
            if (!chain.Shape.TryAddSlowly(chain, descriptor.Address, descriptor.Length, flags & Write))
                return false;
            if ((flags & Next) == 0)
                return chain.Shape.TryEnd(chain);
            index = descriptor.Fourth;
        }

        return false;
    }

    /// <summary>Walks a chain that begins with a table, and so ends with it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryWalkTable(DescriptorChain chain, Descriptor table)
    {
        if (!IsTable(table))
            return false;
        var shape = new ChainShape(_memory);
        uint room = RoomInTable(table, 0);
        uint entries = table.Length / Descriptor.Size;
        uint index = 0;
        uint count = 0;
        if (shape.TryFindTable(table.Address, table.Length, out DescriptorTable found))
        {
            for (; count < room && index < entries; count = unchecked(count + 1))
            {
                Descriptor entry = found.Read(unchecked(index * Descriptor.Size));
                if ((entry.Third & Indirect) != 0 || !shape.TryAdd(chain, entry.Address, entry.Length, entry.Third & Write))
                    break;
                if ((entry.Third & Next) == 0)
                    return shape.TryEnd(chain);
                index = entry.Fourth;
            }
        }

        chain.Shape = shape;
        return TryWalkTableRest(chain, table, index, count, room);
    }

    /// <summary>Goes on in a table, as <see cref="TryWalkRest"/> does in the ring's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryWalkTableRest(DescriptorChain chain, Descriptor table, uint index, uint count, uint room)
    {
        for (; count < room && index < table.Length / Descriptor.Size; count++)
        {
            if (!_memory.TryReadDescriptor(unchecked(table.Address + ((ulong)index * Descriptor.Size)), out Descriptor entry)
                || (entry.Third & Indirect) != 0
                || !chain.Shape.TryAddSlowly(chain, entry.Address, entry.Length, entry.Third & Write))
                return false;
            if ((entry.Third & Next) == 0)
                return chain.Shape.TryEnd(chain);
            index = entry.Fourth;
        }

        return false;
    }

    // Not offered, not understood; and a table is the end of a chain (virtio 1.4, 2.7.5.3.1). WRITE says nothing here.
    private bool IsTable(Descriptor table) => _indirect && (table.Third & Next) == 0 && table.Length > 0 && table.Length % Descriptor.Size == 0;

    /// <summary>How many descriptors of a table a chain may have that has as many others: a chain with more than there are is a loop.</summary>
    private uint RoomInTable(Descriptor table, uint before) =>
        Math.Min(table.Length / Descriptor.Size, (uint)Math.Max(DescriptorChain.MaximumDescriptors, _size) - before);
}
