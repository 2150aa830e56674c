using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>Reads the device-readable bytes of a chain, forward, whatever the framing. For one thread at a time.</summary>
public sealed class ChainReader
{
    internal BufferCursor Cursor;

    internal ChainReader(GuestBufferList buffers) => Cursor = new BufferCursor(buffers);

    /// <summary>Bytes not yet read.</summary>
    public long Remaining => Cursor.Remaining;

    /// <summary>The bytes up to the end of the current piece, in place; false at the end. The guest may change them at any moment.</summary>
    public bool TryGetSpan(out ReadOnlySpan<byte> span)
    {
        bool any = Cursor.TryGetSpan(out Span<byte> bytes);
        span = bytes;
        return any;
    }

    /// <summary>Skips bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer bytes remain.</exception>
    public void Advance(long count) => Cursor.Advance(count);

    /// <summary>Copies exactly as many bytes as fit; false, and nothing read, when fewer remain.</summary>
    public bool TryRead(Span<byte> destination)
    {
        if (destination.Length > Remaining)
            return false;
        while (destination.Length > 0 && Cursor.TryGetSpan(out Span<byte> piece))
        {
            int count = Math.Min(piece.Length, destination.Length);
            piece[..count].CopyTo(destination);
            destination = destination[count..];
            Cursor.Advance(count);
        }

        return true;
    }

    /// <summary>Moves the next <paramref name="count"/> bytes, in place and uncopied, to a list that storage understands.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer bytes remain.</exception>
    public void Take(long count, ICollection<ReadOnlyMemory<byte>> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Remaining);
        for (long end = Remaining - count; Remaining > end;)
            pieces.Add(Cursor.Take(Remaining - end).Memory);
    }
}
