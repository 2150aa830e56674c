namespace Virtio.Vmm.Linux;

/// <summary>A read-only stream whose first bytes can be inspected before they are read. Owns the underlying stream.</summary>
internal sealed class PrefixedStream : Stream
{
    private readonly Stream _source;
    private readonly byte[] _prefix;
    private readonly int _prefixLength;
    private int _position;
    private long _remaining = long.MaxValue;

    /// <summary>Reads up to <paramref name="prefixSize"/> bytes ahead.</summary>
    public PrefixedStream(Stream source, int prefixSize)
    {
        _source = source;
        _prefix = new byte[prefixSize];
        _prefixLength = source.ReadAtLeast(_prefix, prefixSize, throwOnEndOfStream: false);
    }

    /// <summary>The first bytes; fewer than requested if the stream is shorter.</summary>
    public ReadOnlySpan<byte> Prefix => _prefix.AsSpan(0, _prefixLength);

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

    /// <summary>Ends the stream after this many more bytes.</summary>
    public void Limit(long length) => _remaining = length;

    /// <summary>Skips some bytes, or to the end if there are fewer.</summary>
    public void Skip(long length)
    {
        Span<byte> buffer = stackalloc byte[1024];
        for (var left = length; left > 0;)
        {
            var read = Read(buffer[..(int)Math.Min(left, buffer.Length)]);
            if (read == 0)
                return;
            left -= read;
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        buffer = buffer[..(int)Math.Min(buffer.Length, _remaining)];
        var fromPrefix = Math.Min(buffer.Length, _prefixLength - _position);
        var length = fromPrefix;
        if (fromPrefix > 0)
        {
            _prefix.AsSpan(_position, fromPrefix).CopyTo(buffer);
            _position += fromPrefix;
        }
        else if (!buffer.IsEmpty)
        {
            length = _source.Read(buffer);
        }

        _remaining -= length;
        return length;
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
            _source.Dispose();
        base.Dispose(disposing);
    }
}
