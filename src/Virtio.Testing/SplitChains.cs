namespace Virtio.Testing;

/// <summary>
/// The descriptors of a split ring's table that are in use, and how those of a chain follow one another. It never reads the guest's memory.
/// </summary>
internal sealed class SplitChains
{
    private readonly ushort[] _next;
    private readonly int[] _counts;
    private readonly ushort[] _free;
    private int _freeCount;
    private int _rawCount;

    internal SplitChains(int size)
    {
        _next = new ushort[size];
        _counts = new int[size];
        _free = [.. Enumerable.Range(0, size).Select(index => (ushort)(size - 1 - index))];
        _freeCount = size;
    }

    internal int Count { get; private set; }

    /// <summary>Takes descriptors for a chain; the index of the first names it.</summary>
    internal bool TryTake(int count, out ushort head)
    {
        head = 0;
        if (count > _freeCount)
            return false;
        head = _free[_freeCount - 1];
        for (int i = 1; i <= count; i++)
            _next[_free[_freeCount - i]] = i < count ? _free[_freeCount - i - 1] : (ushort)0;
        _freeCount -= count;
        _counts[head] = count;
        Count++;
        return true;
    }

    internal ushort Next(ushort index) => _next[index];

    /// <summary>Counts a chain that the test made by hand.</summary>
    internal void AddRaw()
    {
        _rawCount++;
        Count++;
    }

    /// <summary>Frees a chain's descriptors; false when the device does not have it.</summary>
    internal bool TryTakeBack(uint head)
    {
        if (head >= _counts.Length || _counts[head] == 0)
        {
            if (_rawCount == 0)
                return false;
            _rawCount--;
            Count--;
            return true;
        }

        ushort index = (ushort)head;
        for (int left = _counts[head]; left > 0; left--)
        {
            _free[_freeCount++] = index;
            index = _next[index];
        }

        _counts[head] = 0;
        Count--;
        return true;
    }
}
