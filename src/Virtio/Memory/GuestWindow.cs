using System.Runtime.CompilerServices;

namespace Virtio.Memory;

/// <summary>
/// The chunk of RAM in which an address was found last. It checks the next addresses, which nearly always lie there too. Small enough to
/// stay in registers.
/// </summary>
internal readonly struct GuestWindow
{
    private readonly GuestMemoryChunk _chunk;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal GuestWindow(GuestMemoryChunk chunk) => _chunk = chunk;

    /// <summary>Translates a range to an address of this process; false when the range is empty or not wholly in the chunk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryTranslate(ulong address, uint length, out nint host)
    {
        GuestMemoryChunk chunk = _chunk;
        ulong size = chunk.Size;
        ulong offset = unchecked(address - chunk.Address);

        // A length of 0 minus 1 wraps to more than any chunk of RAM, so the comparison refuses it.
        if (offset >= size || unchecked(length - 1UL) >= unchecked(size - offset))
        {
            host = 0;
            return false;
        }

        host = unchecked(chunk.Host + (nint)offset);
        return true;
    }
}
