namespace Virtio.Storage;

/// <summary>Checks the range of a request. Every storage here calls it before it reads or writes.</summary>
internal static class BlockRange
{
    /// <returns>The bytes in all buffers.</returns>
    public static long Check(long length, long offset, IReadOnlyList<Memory<byte>> buffers)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        long total = 0;
        for (int i = 0; i < buffers.Count; i++)
            total += buffers[i].Length;
        return Check(length, offset, total);
    }

    /// <returns>The bytes in all buffers.</returns>
    public static long Check(long length, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        long total = 0;
        for (int i = 0; i < buffers.Count; i++)
            total += buffers[i].Length;
        return Check(length, offset, total);
    }

    private static long Check(long length, long offset, long total)
    {
        // The total is subtracted from the length, because an offset near 2^63 plus the total would wrap.
        if (offset < 0 || total > length || offset > length - total)
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, $"{total} bytes from {offset} on lie outside a storage of {length} bytes");
        return total;
    }
}
