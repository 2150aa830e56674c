using System.Runtime.CompilerServices;

namespace Virtio.Memory;

/// <summary>
/// A growing list of checked pieces of guest RAM that keeps its array, so that a chain object is filled again and again without allocating.
/// </summary>
internal sealed unsafe class GuestBufferList(GuestMemory memory, int capacity)
{
    private Entry[] _entries = new Entry[capacity];
    private int _count;

    internal int Count => _count;

    internal GuestBuffer this[int index]
    {
        get
        {
            ref readonly Entry entry = ref _entries[index];
            GuestMemoryChunk chunk = memory.Chunks[entry.Chunk];
            return new GuestBuffer(chunk, (int)(entry.Host - chunk.Host), entry.Length);
        }
    }

    /// <summary>
    /// Translates a guest's range and adds it, one piece for each part that is contiguous here. False, with the list as it was before, when the range is not
    /// wholly RAM.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryAdd(ulong address, uint length)
    {
        GuestMemoryChunk hit = memory.LastHit;
        ulong offset = unchecked(address - hit.Address);
        ulong size = hit.Size;
        int index = _count;
        Entry[] entries = _entries;
        if (offset >= size || length > unchecked(size - offset) || unchecked((uint)index) >= (uint)entries.Length)
            return TryAddSlowly(address, length);
        entries[index] = new Entry { Host = unchecked(hit.Host + (nint)offset), Length = unchecked((int)length), Chunk = hit.Index };
        _count = unchecked(index + 1);
        return true;
    }

    internal int LengthOf(int index) => _entries[index].Length;

    /// <summary>A buffer's bytes behind its first <paramref name="skipped"/>, of which there must be as many.</summary>
    // SAFETY: an entry was checked when it was added, and a cursor skips less than its length.
    internal Span<byte> SpanOf(int index, int skipped)
    {
        ref readonly Entry entry = ref _entries[index];
        return new Span<byte>((void*)unchecked(entry.Host + skipped), unchecked(entry.Length - skipped));
    }

    internal void Clear() => _count = 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryAddSlowly(ulong address, uint length)
    {
        if (!memory.Contains(address, length))
            return false;
        while (length > 0)
        {
            (GuestMemoryChunk chunk, int offset, int partLength) = memory.FirstPart(address, length);
            if (_count == _entries.Length)
                Array.Resize(ref _entries, _entries.Length * 2);
            _entries[_count++] = new Entry { Host = chunk.Host + offset, Length = partLength, Chunk = chunk.Index };
            length -= (uint)partLength;
            address += (uint)partLength;
        }

        return true;
    }

    // Without a reference, so that filling one costs no write barrier of the collector's.
    private struct Entry
    {
        internal nint Host;
        internal int Length;
        internal int Chunk;
    }
}
