namespace Virtio.Memory;

/// <summary>A growing list of guest buffers that keeps its array, so that a chain object is filled again and again without allocating.</summary>
internal struct GuestBufferList
{
    private GuestBuffer[] _items;

    internal GuestBufferList(int capacity) => _items = new GuestBuffer[capacity];

    internal int Count { get; private set; }

    internal readonly ref readonly GuestBuffer this[int index] => ref _items[index];

    internal void Add(in GuestBuffer buffer)
    {
        if (Count == _items.Length)
            Array.Resize(ref _items, _items.Length * 2);
        _items[Count++] = buffer;
    }

    internal void Clear() => Count = 0;
}
