namespace Virtio.Testing;

/// <summary>
/// The chains in flight, in the order in which they were offered, each with the number of bytes that the device can write to it. With
/// VIRTIO_F_IN_ORDER one used entry can stand for a batch of chains (virtio 1.4, 2.7.9 and 2.8.10); the driver finds them here. One thread
/// at a time.
/// </summary>
internal sealed class OfferedOrder(int size)
{
    private readonly (ushort Id, uint Room)[] _chains = new (ushort, uint)[size];

    // Index in _chains of the oldest chain in flight.
    private int _first;

    // Number of chains in flight.
    private int _count;

    // Number of chains of the current batch that were not collected yet.
    private int _batch;

    // Length of the used entry, in bytes. It belongs to the last chain of the batch.
    private uint _length;

    internal bool InBatch => _batch > 0;

    internal void Add(ushort id, ReadOnlySpan<DriverBuffer> buffers)
    {
        uint room = 0;
        foreach (DriverBuffer buffer in buffers)
            room += buffer.IsWritable ? buffer.Length : 0;
        _chains[(_first + _count++) % size] = (id, room);
    }

    /// <summary>Begins the batch of a used entry: all chains up to the named one. False when the device does not have that chain.</summary>
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

    /// <summary>The next chain of the batch.</summary>
    internal UsedBuffer Next()
    {
        (ushort id, uint room) = _chains[_first];
        _first = (_first + 1) % size;
        _count--;
        return new UsedBuffer(id, --_batch > 0 ? room : _length);
    }
}
