using System.Text;

namespace Virtio.Vmm.Boards.Serial;

/// <summary>The latest output of a guest. Not thread-safe.</summary>
internal sealed class SerialLog
{
    /// <summary>The number of bytes that are kept.</summary>
    public const int Capacity = 64 * 1024;

    private readonly byte[] _bytes = new byte[Capacity];
    private long _written;

    /// <summary>Adds a byte; a full log drops its oldest byte.</summary>
    public void Add(byte value) => _bytes[_written++ % Capacity] = value;

    /// <inheritdoc/>
    public override string ToString()
    {
        var end = (int)(_written % Capacity);
        return _written <= Capacity
            ? Encoding.UTF8.GetString(_bytes.AsSpan(0, (int)_written))
            : Encoding.UTF8.GetString([.. _bytes.AsSpan(end), .. _bytes.AsSpan(0, end)]);
    }
}
