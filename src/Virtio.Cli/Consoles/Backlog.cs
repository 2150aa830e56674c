namespace Virtio.Cli.Consoles;

/// <summary>The last bytes that nobody has seen yet; the oldest give way to the newest.</summary>
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

    /// <summary>Empties it.</summary>
    internal byte[] Take()
    {
        byte[] all = _bytes[.._count];
        _count = 0;
        return all;
    }
}
