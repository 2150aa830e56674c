using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>A position in a run of guest buffers, moving forward only.</summary>
internal struct BufferCursor
{
    private GuestBufferList _buffers;
    private int _index;
    private int _end;
    private int _offset;

    internal long Remaining { get; private set; }

    internal void Attach(in GuestBufferList buffers, int start, int end, long length)
    {
        _buffers = buffers;
        _index = start;
        _end = end;
        _offset = 0;
        Remaining = length;
    }

    /// <summary>The bytes up to the end of the current buffer; false at the end of all.</summary>
    internal readonly bool TryGetSpan(out Span<byte> span)
    {
        span = _index < _end ? _buffers[_index].Span[_offset..] : default;
        return span.Length > 0;
    }

    internal void Advance(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Remaining);
        Remaining -= count;
        while (count > 0)
            count -= Consume(count);
    }

    /// <summary>Takes the next piece of at most <paramref name="limit"/> bytes (at least 1) out of the run.</summary>
    internal GuestBuffer Take(long limit)
    {
        GuestBuffer buffer = _buffers[_index];
        int length = (int)Math.Min(limit, buffer.Length - _offset);
        GuestBuffer piece = buffer.Slice(_offset, length);
        Remaining -= length;
        Consume(length);
        return piece;
    }

    private int Consume(long count)
    {
        int step = (int)Math.Min(count, _buffers[_index].Length - _offset);
        _offset += step;
        if (_offset == _buffers[_index].Length)
        {
            _index++;
            _offset = 0;
        }

        return step;
    }
}
