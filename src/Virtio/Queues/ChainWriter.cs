using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>Writes the device-writable bytes of a chain, forward, whatever the framing. For one thread at a time.</summary>
public sealed class ChainWriter
{
    internal BufferCursor Cursor;

    internal ChainWriter(GuestBufferList buffers) => Cursor = new BufferCursor(buffers);

    /// <summary>Bytes not yet written.</summary>
    public long Remaining => Cursor.Remaining;

    /// <summary>Bytes written, or taken to be written, so far.</summary>
    public long Written => unchecked(Length - Remaining);

    /// <summary>The room up to the end of the current piece, in place; false at the end. <see cref="Advance"/> says how much was used.</summary>
    public bool TryGetSpan(out Span<byte> span) => Cursor.TryGetSpan(out span);

    /// <summary>Counts bytes as written.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less room remains.</exception>
    public void Advance(long count) => Cursor.Advance(count);

    /// <summary>Writes all of <paramref name="source"/>; false, and nothing written, when less room remains.</summary>
    public bool TryWrite(ReadOnlySpan<byte> source)
    {
        if (source.Length > Remaining)
            return false;
        while (source.Length > 0 && Cursor.TryGetSpan(out Span<byte> piece))
        {
            int count = Math.Min(piece.Length, source.Length);
            source[..count].CopyTo(piece);
            source = source[count..];
            Cursor.Advance(count);
        }

        return true;
    }

    /// <summary>Moves room for the next <paramref name="count"/> bytes, in place, to a list that storage understands.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less room remains.</exception>
    public void Take(long count, ICollection<Memory<byte>> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Remaining);
        for (long end = Remaining - count; Remaining > end;)
            pieces.Add(Cursor.Take(Remaining - end).Memory);
    }

    /// <summary>Bytes that were writable at the start.</summary>
    internal long Length { get; private set; }

    /// <summary>Sets the writer to the start of a chain's writable buffers.</summary>
    internal void Attach(int start, int end, long length)
    {
        Cursor.Attach(start, end, length);
        Length = length;
    }
}
