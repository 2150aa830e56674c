namespace Virtio.Memory;

/// <summary>
/// Marks pages of guest memory that were written, a bit for each in memory that somebody else reads and clears meanwhile. Pages behind its end are not marked.
/// Thread-safe, and safe against other processes that mark in the same memory.
/// </summary>
internal sealed unsafe class DirtyPageLog
{
    private const int PageShift = 12;
    private const int BitsShift = 3;

    // SAFETY: whoever made the log keeps that memory until nobody uses the log any more; no bit behind the length is touched.
    private readonly byte* _bits;
    private readonly ulong _pages;

    /// <summary>Marks in memory of somebody else's.</summary>
    /// <param name="address">In this process.</param>
    /// <param name="length">In bytes.</param>
    internal DirtyPageLog(nint address, ulong length)
    {
        _bits = (byte*)address;
        _pages = length << BitsShift;
    }

    /// <summary>Marks the pages of a range that was written before this call.</summary>
    /// <param name="address">The guest's.</param>
    /// <param name="length">In bytes; at least 1.</param>
    internal void Mark(ulong address, ulong length)
    {
        ulong last = unchecked(address + length - 1) >> PageShift;
        for (ulong page = address >> PageShift; page <= last && page < _pages; page++)
            Mark(ref _bits[page >> BitsShift], (byte)(1 << (int)(page & ((1 << BitsShift) - 1))));
    }

    private static void Mark(ref byte bits, byte bit)
    {
        // Always an exchange, also where the bit is set already: it is what makes the data visible before the bit is looked at. Otherwise the other side could
        // clear the bit, and copy the page without the data.
        byte seen = Volatile.Read(ref bits);
        while (true)
        {
            byte before = Interlocked.CompareExchange(ref bits, (byte)(seen | bit), seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}
