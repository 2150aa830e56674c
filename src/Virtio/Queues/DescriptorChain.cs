using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>
/// One request of the driver: device-readable bytes, then device-writable bytes, however the driver cut them into descriptors. Every address and
/// length was checked when the chain was taken. The object is reused after <see cref="Complete(uint)"/>; keep no reference to it or its buffers.
/// </summary>
public sealed class DescriptorChain
{
    /// <summary>The most descriptors a chain may have when an indirect table makes it longer than the ring: what common drivers stay far below.</summary>
    internal const int MaximumDescriptors = 1024;

    private readonly Virtqueue _queue;
    private readonly int _maximumDescriptors;
    private readonly GuestBufferList _buffers = new(8);
    private int _readableBuffers;
    private int _descriptors;
    private ulong _readableLength;
    private ulong _writableLength;

    internal DescriptorChain(Virtqueue queue)
    {
        _queue = queue;
        _maximumDescriptors = Math.Max(MaximumDescriptors, queue.Size);
        Reader = new ChainReader(_buffers);
        Writer = new ChainWriter(_buffers);
    }

    /// <summary>Reads what the driver sent.</summary>
    public ChainReader Reader { get; }

    /// <summary>Writes the answer.</summary>
    public ChainWriter Writer { get; }

    /// <summary>
    /// The device's own object for requests in this chain object; it stays when the chain object is reused, so that serving a request allocates nothing.
    /// </summary>
    public object? State { get; set; }

    internal ushort Id { get; set; }

    internal int RingDescriptors { get; set; }

    internal bool Taken { get; set; }

    /// <summary>The next one in the queue's list of chains completed on other threads.</summary>
    internal DescriptorChain? NextCompleted { get; set; }

    internal uint CompletedLength { get; set; }

    /// <summary>
    /// Gives the chain back to the driver. Thread-safe: on another thread than the queue's own it is handed over to that one.
    /// </summary>
    /// <param name="written">Bytes written from the first device-writable byte on; at most what was writable.</param>
    /// <exception cref="InvalidOperationException">The chain was completed before.</exception>
    public void Complete(uint written)
    {
        CompletedLength = unchecked((uint)Math.Min(written, _writableLength));
        _queue.Complete(this);
    }

    /// <summary>Gives the chain back with as many bytes as went through <see cref="Writer"/>.</summary>
    /// <exception cref="InvalidOperationException">The chain was completed before.</exception>
    public void Complete() => Complete(unchecked((uint)Writer.Written));

    internal void Clear()
    {
        _buffers.Clear();
        _readableBuffers = 0;
        _descriptors = 0;
        _readableLength = 0;
        _writableLength = 0;
    }

    /// <summary>Checks and adds one buffer; false when it breaks a rule.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool TryAppend(GuestMemory memory, ulong address, uint length, bool writable)
    {
        int descriptors = unchecked(_descriptors + 1);
        ulong total = unchecked((writable ? _writableLength : _readableLength) + length);

        // Readable ones come first (virtio 1.4, 2.7.4.2 and 2.8.5), and an empty one carries nothing: drivers never send it.
        if (length == 0 || (!writable && _writableLength > 0) || descriptors > _maximumDescriptors || total > uint.MaxValue)
            return false;
        if (!memory.TryTranslate(address, length, _buffers))
            return false;
        _descriptors = descriptors;
        if (writable)
        {
            _writableLength = total;
        }
        else
        {
            _readableLength = total;
            _readableBuffers = _buffers.Count;
        }

        return true;
    }

    /// <summary>Sets the reader and the writer to the start.</summary>
    internal void Rewind()
    {
        Reader.Cursor.Attach(0, _readableBuffers, unchecked((long)_readableLength));
        Writer.Attach(_readableBuffers, _buffers.Count, unchecked((long)_writableLength));
    }
}
