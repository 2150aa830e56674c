using System.Numerics;
using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>
/// The split layout (virtio 1.4, 2.7): a descriptor table, an available ring that the driver writes, and a used ring that the device
/// writes.
/// </summary>
internal sealed class SplitRing : RingLayout
{
    // Both rings: 16 bits of flags, 16 bits of index, then the entries, then 16 bits of event index.
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

    // Indices count chains modulo 2^16. Modulo the ring's size, a power of two, they give the entry. All belong to the queue's thread.

    // Index of the next chain to take from the available ring.
    private ushort _nextAvailable;

    // Index of the next entry to write to the used ring.
    private ushort _nextUsed;

    // The driver's index of the available ring when it was last read.
    private ushort _seenAvailable;

    // Chains that an earlier queue took and lost. Excludes the ones in QueueConfig.Unfinished, which are replayed.
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

        // The used ring has no id for such a chain, so it cannot even be returned.
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

        // A release store after the entry, so that the driver never sees the index without the entry (virtio 1.4, 2.7.8.2). It is done per
        // chain, so that a polling driver does not wait for the rest of a batch.
        used.WriteUInt16(IndexOffset, next);
    }

    internal override bool Publish()
    {
        int added = Untold;
        Untold = 0;

        // The used index must be visible before the driver's flags or event index are read. Otherwise the driver could enable interrupts,
        // see nothing used and sleep, while the device reads the old value and sends no interrupt. x64 does reorder this store and this
        // load.
        Interlocked.MemoryBarrier();
        if (!_eventIndex)
            return (_available.ReadUInt16(0) & NoInterrupt) == 0;
        ushort wanted = _available.ReadUInt16(EntriesOffset + (_size * AvailableEntrySize));
        return added > ushort.MaxValue || RingIndex.Crosses(wanted, _nextUsed, unchecked((ushort)(_nextUsed - added)));
    }

    // With VIRTIO_F_EVENT_IDX the flags stay 0. The event index of the last request then lies behind the ring's position, which suppresses
    // kicks (virtio 1.4, 2.7.10).
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

        // The request must be visible before the available index is read again. Otherwise the driver could make a chain available and read
        // "not wanted", while the device reads the old index.
        Interlocked.MemoryBarrier();
        return HasAvailable;
    }

    /// <summary>Reads the driver's available index. <see cref="TakeResult.Taken"/> means that there are chains to take.</summary>
    private TakeResult Look()
    {
        _seenAvailable = _available.ReadUInt16(IndexOffset);
        int offered = unchecked((ushort)(_seenAvailable - _nextAvailable));
        if (offered == 0)
            return TakeResult.Empty;

        // Each chain takes up at least one descriptor of the table, so available and in-flight chains together never exceed its size
        // (virtio 1.4, 2.7.13). An index beyond that has jumped. Accepting it would make the device allocate chain objects without bound,
        // because the same chains could be offered again while they are in flight.
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

        // A chain with more steps than there are descriptors is a loop.
        for (; count < size && index < size; count = unchecked(count + 1))
        {
            // Each word is read once, because the driver may change it at any moment: the device uses the copy that it has checked.
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
    /// The general path: continues at the descriptor on which the fast path stopped. What the fast path read of that descriptor is
    /// discarded, and the descriptor is read again.
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

    /// <summary>Walks a chain whose first descriptor is an indirect table. A well-formed chain has no further descriptor.</summary>
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

    /// <summary>The general path inside an indirect table, as <see cref="TryWalkRest"/> is for the queue's own descriptor table.</summary>
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

    // A table is refused where VIRTIO_F_INDIRECT_DESC was not negotiated. A table must be the last descriptor of its chain (virtio 1.4,
    // 2.7.5.3.1). WRITE is ignored in a descriptor that refers to a table.
    private bool IsTable(Descriptor table) => _indirect && (table.Third & Next) == 0
        && table.Length > 0 && table.Length % Descriptor.Size == 0;

    /// <summary>
    /// How many entries of a table a chain may use that has <paramref name="before"/> descriptors before the table. A chain that uses more
    /// entries than the table has is a loop.
    /// </summary>
    private uint RoomInTable(Descriptor table, uint before) =>
        Math.Min(table.Length / Descriptor.Size, (uint)Math.Max(DescriptorChain.MaximumDescriptors, _size) - before);
}
