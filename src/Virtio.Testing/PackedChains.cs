using System.Diagnostics.CodeAnalysis;

namespace Virtio.Testing;

/// <summary>Which buffer ids a packed ring's driver has given out, how many slots each takes, and the indirect table that each keeps for its next use.</summary>
internal sealed class PackedChains
{
    private readonly GuestAllocator _allocator;
    private readonly Entry[] _entries;
    private readonly ushort[] _freeIds;
    private Dictionary<ushort, int>? _raw;
    private int _freeCount;

    internal PackedChains(GuestAllocator allocator, int size)
    {
        _allocator = allocator;
        _entries = new Entry[size];
        _freeIds = [.. Enumerable.Range(0, size).Select(id => (ushort)(size - 1 - id))];
        _freeCount = size;
    }

    internal int Count => _entries.Length - _freeCount + (_raw?.Count ?? 0);

    internal bool TryTake(int slots, out ushort id)
    {
        id = 0;
        if (_freeCount == 0)
            return false;
        id = _freeIds[--_freeCount];
        _entries[id].Slots = slots;
        return true;
    }

    /// <summary>Notes a chain that the test made by hand, with an id of its own choice.</summary>
    internal void AddRaw(ushort id, int slots) => (_raw ??= [])[id] = slots;

    /// <summary>How many slots come back with an id; false when the device does not have it.</summary>
    internal bool TryTakeBack(ushort id, out int slots)
    {
        slots = 0;
        if (_raw is not null && _raw.Remove(id, out slots))
            return true;
        if (id >= _entries.Length || _entries[id].Slots == 0)
            return false;
        slots = _entries[id].Slots;
        _entries[id].Slots = 0;
        _freeIds[_freeCount++] = id;
        return true;
    }

    /// <summary>The guest-physical address of a table with room for <paramref name="count"/> descriptors.</summary>
    internal ulong Table(ushort id, int count)
    {
        ref Entry entry = ref _entries[id];
        if (entry.TableCapacity < count)
        {
            FreeTable(entry);
            entry.Table = _allocator.Allocate(count * PackedDescriptor.Size);
            entry.TableCapacity = count;
        }

        return entry.Table;
    }

    internal void FreeTables() => Array.ForEach(_entries, FreeTable);

    private void FreeTable(Entry entry)
    {
        if (entry.TableCapacity > 0)
            _allocator.Free(entry.Table, entry.TableCapacity * PackedDescriptor.Size);
    }

    [SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
    private struct Entry
    {
        internal int Slots;
        internal ulong Table;
        internal int TableCapacity;
    }
}
