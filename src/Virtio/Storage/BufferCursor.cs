namespace Virtio.Storage;

/// <summary>A part of a list of buffers, being filled from its start. It stands wherever the bytes so far have reached, over retries too.</summary>
internal sealed class BufferCursor
{
    private readonly IReadOnlyList<Memory<byte>> _buffers;
    private int _index;
    private int _start;

    /// <param name="offset">The position of the part in the storage.</param>
    /// <param name="buffers">The whole list.</param>
    /// <param name="skip">Where in the list the part starts.</param>
    /// <param name="count">The bytes of the part.</param>
    public BufferCursor(long offset, IReadOnlyList<Memory<byte>> buffers, long skip, long count)
    {
        _buffers = buffers;
        while (skip > 0 && skip >= buffers[_index].Length)
            skip -= buffers[_index++].Length;
        _start = (int)skip;
        Offset = offset;
        Remaining = count;
    }

    /// <summary>The position in the storage of the next byte.</summary>
    public long Offset { get; private set; }

    /// <summary>The bytes still missing.</summary>
    public long Remaining { get; private set; }

    /// <summary>Where the next bytes go; never empty while some are missing.</summary>
    public Memory<byte> Target(long most)
    {
        while (_start == _buffers[_index].Length)
        {
            _index++;
            _start = 0;
        }

        Memory<byte> target = _buffers[_index][_start..];
        return target.Length > most ? target[..(int)most] : target;
    }

    public void Advance(int count)
    {
        _start += count;
        Offset += count;
        Remaining -= count;
    }
}
