using System.Runtime.CompilerServices;

namespace Virtio.Memory;

/// <summary>
/// The piece of RAM in which an address was found last, for checks of those that follow: they nearly always lie there too. Small enough to stay in registers.
/// </summary>
internal readonly struct GuestWindow
{
    private readonly GuestMemoryChunk _chunk;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal GuestWindow(GuestMemoryChunk chunk) => _chunk = chunk;

    /// <summary>Where a range lies in this process; false when it is empty, or not wholly in here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryTranslate(ulong address, uint length, out nint host)
    {
        GuestMemoryChunk chunk = _chunk;
        ulong size = chunk.Size;
        ulong offset = unchecked(address - chunk.Address);

        // A length of 0, less 1, is more than any piece of RAM.
        if (offset >= size || unchecked(length - 1UL) >= unchecked(size - offset))
        {
            host = 0;
            return false;
        }

        host = unchecked(chunk.Host + (nint)offset);
        return true;
    }
}
