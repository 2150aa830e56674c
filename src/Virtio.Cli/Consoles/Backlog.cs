namespace Virtio.Cli.Consoles;

/// <summary>The last bytes that no client has received yet. When it is full, the newest bytes replace the oldest.</summary>
internal sealed class Backlog(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity];
    private int _count;

    internal void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > capacity)
            bytes = bytes[^capacity..];
        int surplus = Math.Max(0, _count + bytes.Length - capacity);
        _bytes.AsSpan(surplus, _count - surplus).CopyTo(_bytes);
        _count -= surplus;
        bytes.CopyTo(_bytes.AsSpan(_count));
        _count += bytes.Length;
    }

    /// <summary>Returns all bytes and empties the backlog.</summary>
    internal byte[] Take()
    {
        byte[] all = _bytes[.._count];
        _count = 0;
        return all;
    }
}
