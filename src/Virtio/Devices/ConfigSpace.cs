namespace Virtio.Devices;

/// <summary>
/// The bytes of a configuration space and their generation. One lock covers changes of both, so that a driver that reads the generation
/// before and after a field can detect a torn value (virtio 1.4, 2.5.2). Thread-safe.
/// </summary>
public sealed class ConfigSpace
{
    private readonly Lock _gate = new();
    private readonly byte[] _bytes;
    private uint _generation;

    /// <summary>Creates a zeroed configuration space.</summary>
    /// <param name="length">Its length in bytes, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    public ConfigSpace(int length) => _bytes = length >= 0
        ? new byte[length]
        : throw new ArgumentOutOfRangeException(nameof(length), length, "a configuration space has 0 bytes or more");

    /// <summary>The number of changes so far, modulo 2^32.</summary>
    public uint Generation
    {
        get
        {
            lock (_gate)
                return _generation;
        }
    }

    /// <summary>Reads bytes. Those beyond the end read as zeros.</summary>
    public void Read(int offset, Span<byte> destination)
    {
        destination.Clear();
        lock (_gate)
        {
            if (offset < 0 || offset >= _bytes.Length)
                return;
            ReadOnlySpan<byte> available = _bytes.AsSpan(offset);
            available[..Math.Min(available.Length, destination.Length)].CopyTo(destination);
        }
    }

    /// <summary>Changes bytes on the device's behalf. Returns whether any byte has changed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range does not lie within the space.</exception>
    public bool Update(int offset, ReadOnlySpan<byte> source)
    {
        if (offset < 0 || offset > _bytes.Length - source.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset,
                $"the configuration space of {_bytes.Length} bytes has no {source.Length} bytes there");
        lock (_gate)
        {
            Span<byte> target = _bytes.AsSpan(offset, source.Length);
            if (source.SequenceEqual(target))
                return false;
            source.CopyTo(target);
            _generation = unchecked(_generation + 1);
            return true;
        }
    }
}
