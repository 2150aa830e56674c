namespace Virtio.Testing;

/// <summary>The buffer ids in use in a packed ring's driver, and the number of slots that each takes.</summary>
internal sealed class PackedChains
{
    private readonly int[] _slots;
    private readonly ushort[] _freeIds;
    private Dictionary<ushort, int>? _raw;
    private int _freeCount;

    internal PackedChains(int size)
    {
        _slots = new int[size];
        _freeIds = [.. Enumerable.Range(0, size).Select(id => (ushort)(size - 1 - id))];
        _freeCount = size;
    }

    internal int Count => _slots.Length - _freeCount + (_raw?.Count ?? 0);

    internal bool TryTake(int slots, out ushort id)
    {
        id = 0;
        if (_freeCount == 0)
            return false;
        id = _freeIds[--_freeCount];
        _slots[id] = slots;
        return true;
    }

    /// <summary>Adds a chain that the test made by hand, with an id of its own choice.</summary>
    internal void AddRaw(ushort id, int slots) => (_raw ??= [])[id] = slots;

    /// <summary>Frees an id and returns the number of its slots; false when the device does not have the id.</summary>
    internal bool TryTakeBack(ushort id, out int slots)
    {
        slots = 0;
        if (_raw is not null && _raw.Remove(id, out slots))
            return true;
        if (id >= _slots.Length || _slots[id] == 0)
            return false;
        slots = _slots[id];
        _slots[id] = 0;
        _freeIds[_freeCount++] = id;
        return true;
    }
}
