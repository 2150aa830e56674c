namespace Virtio.Storage;

/// <summary>
/// A part of a list of buffers that is filled from its start. It keeps its position over retries. For one thread at a time.
/// </summary>
internal sealed class BufferCursor
{
    private readonly IReadOnlyList<Memory<byte>> _buffers;

    // Index of the buffer for the next byte.
    private int _index;

    // Position of the next byte in that buffer.
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

    /// <summary>The position of the next byte in the storage.</summary>
    public long Offset { get; private set; }

    /// <summary>The bytes still missing.</summary>
    public long Remaining { get; private set; }

    /// <summary>The room for the next bytes, at most <paramref name="most"/>; never empty while bytes are missing.</summary>
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
