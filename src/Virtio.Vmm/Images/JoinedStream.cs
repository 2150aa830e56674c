namespace Virtio.Vmm.Images;

/// <summary>Concatenates streams into one forward-only stream. Owns them.</summary>
internal sealed class JoinedStream(IReadOnlyList<StreamPart> parts) : Stream
{
    private int _part; // index of the part that is read
    private long _position; // bytes read of that part

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        for (; _part < parts.Count && !buffer.IsEmpty; _part++, _position = 0)
        {
            StreamPart part = parts[_part];
            long left = (part.Length ?? long.MaxValue) - _position;
            int read = part.Content.Read(buffer[..(int)Math.Min(buffer.Length, left)]);
            _position += read;
            if (read > 0)
                return read;
            if (left > 0 && part.Length is not null)
                throw new IOException($"'{part.Name}' became shorter while it was read");
        }

        return 0;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (StreamPart part in parts)
                part.Content.Dispose();
        }

        base.Dispose(disposing);
    }
}
