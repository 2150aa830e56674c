namespace Virtio.Testing;

/// <summary>
/// The chains that a device has, in the order they were offered, with as many bytes as it can write to each: what a driver must know to tell from one used
/// entry which chains it stands for (VIRTIO_F_IN_ORDER; virtio 1.4, 2.7.9 and 2.8.10).
/// </summary>
internal sealed class OfferedOrder(int size)
{
    private readonly (ushort Id, uint Room)[] _chains = new (ushort, uint)[size];
    private int _first;
    private int _count;

    // Chains of a batch that were not collected yet; the last of them has the entry's own length.
    private int _batch;
    private uint _length;

    internal bool InBatch => _batch > 0;

    internal void Add(ushort id, ReadOnlySpan<DriverBuffer> buffers)
    {
        uint room = 0;
        foreach (DriverBuffer buffer in buffers)
            room += buffer.IsWritable ? buffer.Length : 0;
        _chains[(_first + _count++) % size] = (id, room);
    }

    /// <summary>A used entry: it stands for all up to the chain that it names. False when the device does not have that one.</summary>
    internal bool TryBegin(uint id, uint length)
    {
        _length = length;
        for (_batch = 1; _batch <= _count; _batch++)
        {
            if (_chains[(_first + _batch - 1) % size].Id == id)
                return true;
        }

        _batch = 0;
        return false;
    }

    /// <summary>The next of the batch.</summary>
    internal UsedBuffer Next()
    {
        (ushort id, uint room) = _chains[_first];
        _first = (_first + 1) % size;
        _count--;
        return new UsedBuffer(id, --_batch > 0 ? room : _length);
    }
}
