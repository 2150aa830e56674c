using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.VhostUser.Inflight;

/// <summary>
/// The record of a packed ring. Used descriptors overwrite those of chains in flight in a packed ring, so the record holds a copy of each
/// descriptor. The entries of a chain are linked in a list; the free entries are linked in another.
/// </summary>
internal sealed class PackedInflight : InflightRecord
{
    internal const int HeaderLength = 32;
    internal const int EntryLength = 32;

    // The header holds the head of the free list and the ring's used position. Behind each lies the old value, from before the last batch.
    // Both used positions and their wrap counters are in one word, so that one store changes them together.
    private const int FreeOffset = 12;
    private const int OldFreeOffset = 14;
    private const int UsedOffset = 16;
    private const int OldUsedShift = 16;
    private const int WrapShift = 32;
    private const int OldWrapShift = 40;

    // An entry: a word with the in-flight mark, next, last and the number of descriptors; a word with the order in which chains were taken;
    // then the descriptor, with its id and flags before its length.
    private const int NextShift = 16;
    private const int LastShift = 32;
    private const int CountShift = 48;
    private const int CounterOffset = 8;
    private const int RestOffset = 16;
    private const int AddressOffset = 24;

    private const ushort AvailableAndUsed = (ushort)(DescriptorFlags.Available | DescriptorFlags.Used);

    private readonly RingArea _area;
    private readonly GuestMemory _guest;
    private readonly ulong _ring;
    private readonly int _size;

    // The lists as this process built them. They are not read back from shared memory, which the front-end can change.
    // Owned by the ring's thread, like all fields below.
    // _next links the free entries, and the entries of a chain up to _last[head]. _counts[head] is the chain's number of descriptors.
    private readonly ushort[] _next;
    private readonly ushort[] _last;
    private readonly ushort[] _counts;

    // Heads of the chains that were completed since the last commit.
    private readonly List<ushort> _batch = [];

    // The order number of the next chain taken.
    private ulong _counter;

    // Head of the free list.
    private ushort _free;

    // The used position after the current batch, and its wrap counter.
    private ushort _used;
    private bool _wrap;

    // The used position at the last commit, and its wrap counter.
    private ushort _oldUsed;
    private bool _oldWrap;

    internal PackedInflight(RingArea area, QueueConfig ring, GuestMemory guest)
    {
        _area = area;
        _guest = guest;
        _ring = ring.DescriptorArea;
        _size = (int)ring.Size;
        _next = new ushort[_size];
        _last = new ushort[_size];
        _counts = new ushort[_size];
    }

    internal override (QueueState State, IReadOnlyList<UnfinishedChain> Unfinished) Recover(QueueState state)
    {
        if (_area.ReadUInt16(VersionOffset) != Version || _area.ReadUInt16(SizeOffset) != _size)
            return Begin(state);
        ulong places = _area.ReadUInt64(UsedOffset);
        (_free, _used, _wrap) =
            (_area.ReadUInt16(OldFreeOffset), unchecked((ushort)(places >> OldUsedShift)), (places >> OldWrapShift & 0xff) != 0);
        (ushort used, bool wrap) = (unchecked((ushort)places), (places >> WrapShift & 0xff) != 0);

        // The process died while it completed a batch. If the batch reached the ring, the driver has it; otherwise its chains are still in
        // flight.
        if ((used != _used || wrap != _wrap) && !IsAvailable(_used, _wrap))
            (_free, _used, _wrap) = (_area.ReadUInt16(FreeOffset), used, wrap);
        bool[] isFree = ReadFree();
        List<UnfinishedChain> unfinished = ReadUnfinished(isFree);
        int inFlight = unfinished.Sum(chain => chain.Descriptors.Length);

        // This code never leaves such a record: the front-end has overwritten it. Start with an empty record.
        if (_used >= _size || inFlight + isFree.Count(free => free) != _size)
            return Begin(state);
        for (int entry = 0; entry < _size; entry++)
        {
            if (isFree[entry])
                WriteLinks((ushort)entry, 0);
        }

        Commit();
        bool passesEnd = _used + inFlight >= _size;
        return (new QueueState((ushort)(_used + inFlight - (passesEnd ? _size : 0)), _wrap != passesEnd, _used, _wrap), unfinished);
    }

    internal override void Taken(DescriptorChain chain, ushort slot)
    {
        ushort head = _free;
        ushort entry = head;
        _area.WriteUInt64(At(head) + CounterOffset, unchecked(_counter++));
        WriteLinks(head, InFlight);
        for (int i = 0; i < chain.RingDescriptors; i++)
        {
            // The read needs no check here: a recovered descriptor is checked like any other when the chain is taken again.
            _guest.TryReadDescriptor(_ring + (ulong)((slot + i) % _size * Descriptor.Size), out Descriptor copy);
            entry = i == 0 ? head : _next[entry];
            _area.WriteUInt64(At(entry) + AddressOffset, copy.Address);
            _area.WriteUInt64(At(entry) + RestOffset, copy.Third | ((ulong)copy.Fourth << 16) | ((ulong)copy.Length << 32));
        }

        _last[head] = entry;
        _counts[head] = (ushort)chain.RingDescriptors;
        WriteLinks(head, InFlight);
        _free = _next[entry];
        _area.WriteUInt16(FreeOffset, _free);
        _area.WriteUInt16(OldFreeOffset, _free);
        chain.JournalSlot = head;
    }

    internal override void Returning(DescriptorChain chain)
    {
        ushort head = chain.JournalSlot;
        _next[_last[head]] = _free;
        WriteLinks(_last[head], _last[head] == head ? InFlight : 0);
        _free = head;
        int used = _used + chain.RingDescriptors;
        if (used >= _size)
            (used, _wrap) = (used - _size, !_wrap);
        _used = (ushort)used;
        _batch.Add(head);

        // Stored before the driver can see the completion.
        _area.WriteUInt16(FreeOffset, _free);
        WritePlaces();
    }

    internal override void Returned(QueueState state)
    {
        foreach (ushort head in _batch)
            WriteLinks(head, 0);
        _batch.Clear();
        Commit();
    }

    private static nuint At(int entry) => (nuint)(HeaderLength + (entry * EntryLength));

    private (QueueState State, IReadOnlyList<UnfinishedChain> Unfinished) Begin(QueueState state)
    {
        _area.WriteUInt16(VersionOffset, 0);
        for (int entry = 0; entry < _size; entry++)
        {
            _next[entry] = (ushort)(entry + 1);
            WriteLinks((ushort)entry, 0);
        }

        (_free, _used, _wrap) = (0, state.NextUsed, state.UsedWrap);
        Commit();
        _area.WriteUInt16(SizeOffset, (ushort)_size);
        _area.WriteUInt16(VersionOffset, Version);
        return (state, []);
    }

    /// <summary>
    /// Ends a batch. The used position is stored last: while the old one is there, <see cref="Recover"/> asks the ring whether the driver
    /// could see the batch. It is stored together with its wrap counter: the driver may have gone once around the ring, and the descriptor
    /// at the old position is then available by the new counter.
    /// </summary>
    private void Commit()
    {
        _area.WriteUInt16(FreeOffset, _free);
        _area.WriteUInt16(OldFreeOffset, _free);
        (_oldUsed, _oldWrap) = (_used, _wrap);
        WritePlaces();
    }

    private void WritePlaces() => _area.WriteUInt64(
        UsedOffset, _used | ((ulong)_oldUsed << OldUsedShift) | (_wrap ? 1UL << WrapShift : 0) | (_oldWrap ? 1UL << OldWrapShift : 0));

    private void WriteLinks(ushort entry, ulong mark) => _area.WriteUInt64(
        At(entry), mark | ((ulong)_next[entry] << NextShift) | ((ulong)_last[entry] << LastShift) | ((ulong)_counts[entry] << CountShift));

    /// <summary>Whether the descriptor at a position is still marked as available, as the driver left it.</summary>
    private bool IsAvailable(ushort place, bool wrap)
    {
        var expected = (ushort)(wrap ? DescriptorFlags.Available : DescriptorFlags.Used);
        return _guest.TryReadDescriptor(_ring + (ulong)(place * Descriptor.Size), out Descriptor descriptor)
            && (descriptor.Fourth & AvailableAndUsed) == expected;
    }

    private bool[] ReadFree()
    {
        bool[] isFree = new bool[_size];
        for (ushort entry = _free; entry < _size && !isFree[entry]; entry = _next[entry])
        {
            isFree[entry] = true;
            _next[entry] = unchecked((ushort)(_area.ReadUInt64(At(entry)) >> NextShift));
        }

        return isFree;
    }

    /// <summary>The chains in flight, oldest first. An entry belongs to one chain at most, and to none where it is free.</summary>
    private List<UnfinishedChain> ReadUnfinished(bool[] isFree)
    {
        bool[] isUsed = [.. isFree];
        var found = new List<(ulong Counter, UnfinishedChain Chain)>();
        for (int head = 0; head < _size; head++)
        {
            ulong word = _area.ReadUInt64(At(head));
            if ((word & InFlight) == 0 || isUsed[head])
                continue;
            if (TryReadChain((ushort)head, unchecked((ushort)(word >> CountShift)), isUsed) is not { } chain)
                continue;
            found.Add((_area.ReadUInt64(At(head) + CounterOffset), chain));
        }

        found.Sort((one, other) => one.Counter.CompareTo(other.Counter));
        _counter = found.Count == 0 ? 0 : unchecked(found[^1].Counter + 1);
        return [.. found.Select(entry => entry.Chain)];
    }

    private UnfinishedChain? TryReadChain(ushort head, int count, bool[] isUsed)
    {
        if (count == 0 || count > _size)
            return null;
        var descriptors = new Descriptor[count];
        ushort entry = head;
        ushort id = 0;
        for (int i = 0; i < count; i++)
        {
            if (entry >= _size || isUsed[entry])
                return null;
            isUsed[entry] = true;
            ulong rest = _area.ReadUInt64(At(entry) + RestOffset);
            id = unchecked((ushort)rest);
            ulong second = (rest >> 32) | ((ulong)id << 32) | ((rest >> 16 & 0xffff) << 48);
            descriptors[i] = new Descriptor(_area.ReadUInt64(At(entry) + AddressOffset), second);
            _last[head] = entry;
            _next[entry] = unchecked((ushort)(_area.ReadUInt64(At(entry)) >> NextShift));
            entry = _next[entry];
        }

        _counts[head] = (ushort)count;

        // The id of the chain is that of its last descriptor (virtio 1.4, 2.8.6).
        return new UnfinishedChain(id, descriptors, head);
    }
}
