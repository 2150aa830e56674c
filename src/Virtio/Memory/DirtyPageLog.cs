namespace Virtio.Memory;

/// <summary>
/// A bitmap of the pages of guest memory that were written. The owner of the bitmap, for example a front-end that migrates the guest, reads
/// and clears it at the same time. Pages beyond the end of the bitmap are not marked. Thread-safe, also with other processes that mark
/// pages in the same bitmap.
/// </summary>
internal sealed unsafe class DirtyPageLog
{
    private const int PageShift = 12;
    private const int BitsShift = 3;

    // SAFETY: the creator of the log keeps the bitmap mapped for as long as the log is used; no bit beyond the length is touched.
    private readonly byte* _bits;
    private readonly ulong _pages;

    /// <summary>Creates a log on a bitmap, which the log does not own.</summary>
    /// <param name="address">Address of the bitmap in this process.</param>
    /// <param name="length">Length of the bitmap in bytes.</param>
    internal DirtyPageLog(nint address, ulong length)
    {
        _bits = (byte*)address;
        _pages = length << BitsShift;
    }

    /// <summary>Marks the pages of a range that was written before this call.</summary>
    /// <param name="address">Guest-physical address of the range.</param>
    /// <param name="length">Length of the range in bytes; at least 1.</param>
    internal void Mark(ulong address, ulong length)
    {
        ulong last = unchecked(address + length - 1) >> PageShift;
        for (ulong page = address >> PageShift; page <= last && page < _pages; page++)
            Mark(ref _bits[page >> BitsShift], (byte)(1 << (int)(page & ((1 << BitsShift) - 1))));
    }

    private static void Mark(ref byte bits, byte bit)
    {
        // An atomic exchange is done even when the bit is already set, because it also orders the data before the bit. Without it the owner
        // of the bitmap could clear the bit and copy the page without the new data.
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
