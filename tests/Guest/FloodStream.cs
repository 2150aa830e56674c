namespace Virtio.Guest.Tests;

/// <summary>Accepts all writes and counts their bytes.</summary>
internal sealed class FloodStream : Stream
{
    private long _total;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    internal long Total => Interlocked.Read(ref _total);

    public override void Flush()
    {
    }

    public override void Write(byte[] buffer, int offset, int count) => Interlocked.Add(ref _total, count);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
