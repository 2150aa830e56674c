using System.Diagnostics.CodeAnalysis;

namespace Virtio.Memory;

/// <summary>
/// A growing list of checked pieces of guest RAM. It keeps its array, so that a chain object is refilled without allocating. A mutable
/// struct: used in place as a field of its owner, never copied.
/// </summary>
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
internal struct GuestBufferList(GuestMemory memory, int capacity)
{
    internal GuestBufferEntry[] Entries { get; private set; } = new GuestBufferEntry[capacity];

    internal readonly GuestMemory Memory => memory;

    /// <summary>A piece, or the rest of it that is not used up.</summary>
    internal readonly GuestBuffer this[int index]
    {
        get
        {
            ref readonly GuestBufferEntry entry = ref Entries[index];
            GuestMemoryChunk chunk = memory.ChunkAtHost(entry.Host);
            return new GuestBuffer(chunk, (int)(entry.Host - chunk.Host), entry.Length);
        }
    }

    internal void Grow()
    {
        GuestBufferEntry[] entries = Entries;
        Array.Resize(ref entries, entries.Length * 2);
        Entries = entries;
    }
}
