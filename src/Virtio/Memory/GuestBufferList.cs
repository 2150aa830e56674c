using System.Runtime.CompilerServices;

namespace Virtio.Memory;

/// <summary>A growing list of guest buffers that keeps its array, so that a chain object is filled again and again without allocating.</summary>
internal sealed class GuestBufferList(int capacity)
{
    private Entry[] _entries = new Entry[capacity];

    internal int Count { get; private set; }

    internal GuestBuffer this[int index]
    {
        get
        {
            ref readonly Entry entry = ref _entries[index];
            return new GuestBuffer(entry.Chunk, entry.Offset, entry.Length);
        }
    }

    internal void Add(GuestMemoryChunk chunk, int offset, int length)
    {
        int index = Count;
        Entry[] entries = _entries;
        if (unchecked((uint)index) >= (uint)entries.Length)
            entries = Grow();
        ref Entry entry = ref entries[index];

        // The entry was used before, nearly always for the same chunk: an equal reference stays, which saves the collector's write barrier.
        if (entry.Chunk != chunk)
            entry.Chunk = chunk;
        entry.Offset = offset;
        entry.Length = length;
        Count = unchecked(index + 1);
    }

    internal int LengthOf(int index) => _entries[index].Length;

    /// <summary>A buffer's bytes behind its first <paramref name="skipped"/>, of which there must be as many.</summary>
    internal Span<byte> SpanOf(int index, int skipped)
    {
        ref readonly Entry entry = ref _entries[index];
        return entry.Chunk.GetSpan(unchecked(entry.Offset + skipped), unchecked(entry.Length - skipped));
    }

    internal void Clear() => Count = 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Entry[] Grow()
    {
        Array.Resize(ref _entries, _entries.Length * 2);
        return _entries;
    }

    private struct Entry
    {
        internal GuestMemoryChunk Chunk;
        internal int Offset;
        internal int Length;
    }
}
