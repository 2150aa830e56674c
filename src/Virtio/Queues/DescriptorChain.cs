using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>
/// One request of the driver: device-readable bytes, then device-writable bytes, independent of how the driver cut them into descriptors.
/// Every address and length was checked when the chain was taken. The object is reused after <see cref="Complete(uint)"/>; keep no
/// reference to it or its buffers.
/// </summary>
public sealed class DescriptorChain
{
    /// <summary>
    /// The most descriptors a chain may have where an indirect table makes it longer than the ring. Common drivers stay far below.
    /// </summary>
    internal const int MaximumDescriptors = 1024;

    // The mutable state belongs to the queue's thread while the chain is taken or returned, and to the device's thread in between. The
    // device's thread hands it back through the lock-free list of completed chains.

    /// <summary>The checked pieces of guest RAM, readable ones first. Filled by the ring.</summary>
    internal GuestBufferList Pieces;

    /// <summary>The position of <see cref="Reader"/> in the readable pieces.</summary>
    internal BufferCursor Reading;

    /// <summary>The position of <see cref="Writer"/> in the writable pieces.</summary>
    internal BufferCursor Writing;

    /// <summary>The state of the walk through the descriptors, where that is on its general path.</summary>
    internal ChainShape Shape;

    private readonly Virtqueue _queue;

    internal DescriptorChain(Virtqueue queue, GuestMemory memory)
    {
        _queue = queue;
        Pieces = new GuestBufferList(memory, 8);
    }

    /// <summary>Reads the device-readable bytes, which the driver sent.</summary>
    public ChainReader Reader => new(this);

    /// <summary>Writes the device-writable bytes, the answer.</summary>
    public ChainWriter Writer => new(this);

    /// <summary>
    /// The device's own object for requests in this chain object. It stays when the chain object is reused, so that serving a request
    /// allocates nothing.
    /// </summary>
    public object? State { get; set; }

    internal int PieceCount => Writing.EndIndex;

    /// <summary>The id that the driver knows: split, the head descriptor's index; packed, the buffer id.</summary>
    internal ushort Id { get; private set; }

    /// <summary>How many descriptors of the ring the chain takes up. Split: 1, because the used ring counts chains.</summary>
    internal int RingDescriptors { get; private set; }

    internal ChainProgress Progress { get; set; }

    /// <summary>The chain's slot in the record that the queue's <see cref="ChainJournal"/> keeps.</summary>
    internal ushort JournalSlot { get; set; }

    /// <summary>
    /// When the chain was taken, as a timestamp of <see cref="System.Diagnostics.Stopwatch"/>. Current only while durations are measured.
    /// </summary>
    internal long TakenAt { get; set; }

    /// <summary>The next chain in the queue's list of chains completed on other threads.</summary>
    internal DescriptorChain? NextCompleted { get; set; }

    /// <summary>The length for the used ring, in bytes; valid once the chain is completed on the general path.</summary>
    internal uint CompletedLength { get; set; }

    /// <summary>VIRTIO_F_IN_ORDER: the chain that was taken next.</summary>
    internal DescriptorChain? NextInOrder { get; set; }

    /// <summary>VIRTIO_F_IN_ORDER: the chain is malformed, so the number of its writable bytes is unknown.</summary>
    internal bool Malformed { get; set; }

    /// <summary>The chain was completed with all of its writable bytes written.</summary>
    internal bool IsWhollyWritten => !Malformed && CompletedLength == Writing.Length;

    /// <summary>
    /// Returns the chain to the driver. Thread-safe: a completion on a thread other than the queue's own is handed over to the queue's
    /// thread.
    /// </summary>
    /// <param name="written">Bytes written, counted from the first device-writable byte; limited to the number of writable bytes.</param>
    /// <exception cref="InvalidOperationException">The chain was completed before.</exception>
    public void Complete(uint written) => _queue.Complete(this, Math.Min(written, Writing.Length));

    /// <summary>Returns the chain to the driver, with as many bytes written as went through <see cref="Writer"/>.</summary>
    /// <exception cref="InvalidOperationException">The chain was completed before.</exception>
    public void Complete() => _queue.Complete(this, Writing.Passed(Pieces.Entries));

    /// <summary>Counts the request as answered with an error. Thread-safe.</summary>
    internal void CountError() => Interlocked.Increment(ref _queue.Counters.Errors);

    /// <summary>A whole piece as it was taken, including the bytes that were read or written since.</summary>
    internal Span<byte> Piece(int index) => Pieces.Entries[index].Whole(EndBefore(index));

    /// <summary>The address in this process, and the length, of a whole piece as it was taken.</summary>
    internal (nint Host, int Length) PlaceOf(int index) => Pieces.Entries[index].Place(EndBefore(index));

    private uint EndBefore(int index) => index == 0 || index == Reading.EndIndex ? 0 : Pieces.Entries[index - 1].End;

    /// <summary>Notes how a chain, well-formed or malformed, is returned to the driver.</summary>
    internal void Take(ushort id, int ringDescriptors)
    {
        Id = id;
        RingDescriptors = ringDescriptors;
    }
}
