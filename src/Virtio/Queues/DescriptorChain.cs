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

    /// <summary>Filled by the ring.</summary>
    internal GuestBufferList Pieces;

    internal BufferCursor Reading;
    internal BufferCursor Writing;

    /// <summary>While its descriptors are being read.</summary>
    internal ChainShape Shape;

    private readonly Virtqueue _queue;

    internal DescriptorChain(Virtqueue queue, GuestMemory memory)
    {
        _queue = queue;
        Pieces = new GuestBufferList(memory, 8);
    }

    /// <summary>Reads what the driver sent.</summary>
    public ChainReader Reader => new(this);

    /// <summary>Writes the answer.</summary>
    public ChainWriter Writer => new(this);

    /// <summary>
    /// The device's own object for requests in this chain object; it stays when the chain object is reused, so that serving a request allocates nothing.
    /// </summary>
    public object? State { get; set; }

    internal int PieceCount => Writing.EndIndex;

    internal ushort Id { get; private set; }

    internal int RingDescriptors { get; private set; }

    internal ChainProgress Progress { get; set; }

    /// <summary>Where whoever keeps record of it has it.</summary>
    internal ushort JournalSlot { get; set; }

    /// <summary>The clock when it was taken, where somebody wants to know.</summary>
    internal long TakenAt { get; set; }

    /// <summary>The next one in the queue's list of chains completed on other threads.</summary>
    internal DescriptorChain? NextCompleted { get; set; }

    internal uint CompletedLength { get; set; }

    /// <summary>Where buffers are used in order: the one taken next.</summary>
    internal DescriptorChain? NextInOrder { get; set; }

    /// <summary>Where buffers are used in order: it broke a rule, so that nobody knows how much there was to write.</summary>
    internal bool Malformed { get; set; }

    /// <summary>Completed with everything written that could be.</summary>
    internal bool IsWhollyWritten => !Malformed && CompletedLength == Writing.Length;

    /// <summary>
    /// Gives the chain back to the driver. Thread-safe: on another thread than the queue's own it is handed over to that one.
    /// </summary>
    /// <param name="written">Bytes written from the first device-writable byte on; at most what was writable.</param>
    /// <exception cref="InvalidOperationException">The chain was completed before.</exception>
    public void Complete(uint written) => _queue.Complete(this, Math.Min(written, Writing.Length));

    /// <summary>Gives the chain back with as many bytes as went through <see cref="Writer"/>.</summary>
    /// <exception cref="InvalidOperationException">The chain was completed before.</exception>
    public void Complete() => _queue.Complete(this, Writing.Passed(Pieces.Entries));

    /// <summary>Counts the request as one that is answered with an error. Thread-safe.</summary>
    internal void CountError() => Interlocked.Increment(ref _queue.Counters.Errors);

    /// <summary>A piece as it was taken, however far it was read or written.</summary>
    internal Span<byte> Piece(int index) => Pieces.Entries[index].Whole(EndBefore(index));

    /// <summary>Where such a piece lies in this process, and its bytes.</summary>
    internal (nint Host, int Length) PlaceOf(int index) => Pieces.Entries[index].Place(EndBefore(index));

    private uint EndBefore(int index) => index == 0 || index == Reading.EndIndex ? 0 : Pieces.Entries[index - 1].End;

    /// <summary>A chain was found, whether or not it is well-formed: how it goes back to the driver.</summary>
    internal void Take(ushort id, int ringDescriptors)
    {
        Id = id;
        RingDescriptors = ringDescriptors;
    }
}
