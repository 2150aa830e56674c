namespace Virtio.Memory;

/// <summary>
/// A checked piece of guest RAM, contiguous in this process. The guest may change its contents at any moment: copy data before you validate
/// it.
/// </summary>
public readonly struct GuestBuffer
{
    private readonly GuestMemoryChunk _chunk;
    private readonly int _offset;

    internal GuestBuffer(GuestMemoryChunk chunk, int offset, int length)
    {
        _chunk = chunk;
        _offset = offset;
        Length = length;
    }

    /// <summary>Length in bytes, at least 1.</summary>
    public int Length { get; }

    /// <summary>The bytes in place.</summary>
    public Span<byte> Span => _chunk.GetSpan(_offset, Length);

    /// <summary>The bytes in place, for asynchronous storage. Valid until the chain of this buffer is completed.</summary>
    public Memory<byte> Memory => _chunk.Memory.Slice(_offset, Length);

    internal void Deconstruct(out GuestMemoryChunk chunk, out int offset, out int length)
    {
        chunk = _chunk;
        offset = _offset;
        length = Length;
    }

    /// <summary>Returns a part of this buffer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within the buffer.</exception>
    public GuestBuffer Slice(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + length, Length);
        return new GuestBuffer(_chunk, _offset + start, length);
    }
}
