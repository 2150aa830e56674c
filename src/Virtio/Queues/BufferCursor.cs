using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>A position in a run of guest buffers, moving forward only.</summary>
internal struct BufferCursor(GuestBufferList buffers)
{
    // The list's lengths are at least 1 and add up to what remains, so none of these numbers can wrap.
    private int _index;
    private int _end;
    private int _offset;

    internal long Remaining { get; private set; }

    internal void Attach(int start, int end, long length)
    {
        _index = start;
        _end = end;
        _offset = 0;
        Remaining = length;
    }

    /// <summary>The bytes up to the end of the current buffer; false at the end of all.</summary>
    internal readonly bool TryGetSpan(out Span<byte> span)
    {
        if (_index >= _end)
        {
            span = default;
            return false;
        }

        span = buffers.SpanOf(_index, _offset);
        return true;
    }

    internal void Advance(long count)
    {
        // As unsigned numbers: a negative one is more than remains.
        if (unchecked((ulong)count > (ulong)Remaining))
            ThrowOutOfRange(count);
        Remaining = unchecked(Remaining - count);
        if (count > 0 && count == unchecked(buffers.LengthOf(_index) - _offset))
        {
            _index = unchecked(_index + 1);
            _offset = 0;
            return;
        }

        AdvanceWithin(unchecked(_offset + count));
    }

    private void AdvanceWithin(long offset)
    {
        while (offset > 0 && offset >= buffers.LengthOf(_index))
        {
            offset = unchecked(offset - buffers.LengthOf(_index));
            _index = unchecked(_index + 1);
        }

        _offset = unchecked((int)offset);
    }

    /// <summary>Takes the next piece of at most <paramref name="limit"/> bytes (at least 1) out of the run.</summary>
    internal GuestBuffer Take(long limit)
    {
        GuestBuffer buffer = buffers[_index];
        GuestBuffer piece = buffer.Slice(_offset, (int)Math.Min(limit, buffer.Length - _offset));
        Advance(piece.Length);
        return piece;
    }

    private readonly void ThrowOutOfRange(long count) =>
        throw new ArgumentOutOfRangeException(nameof(count), count, $"there are {Remaining} bytes left");
}
