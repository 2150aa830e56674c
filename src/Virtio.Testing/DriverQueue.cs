using System.Diagnostics;
using Virtio.Memory;

namespace Virtio.Testing;

/// <summary>
/// The driver's side of one queue in either layout. For one thread at a time. <see cref="TryOffer"/>, <see cref="Kick"/> and
/// <see cref="TryCollect"/> allocate nothing on the managed heap.
/// </summary>
public abstract class DriverQueue
{
    private protected DriverQueue(MmioDriver driver, int index, QueueAreas areas)
    {
        Driver = driver;
        Index = index;
        Areas = areas;
    }

    /// <summary>The driver that the queue belongs to.</summary>
    public MmioDriver Driver { get; }

    /// <summary>Index of the queue in its device.</summary>
    public int Index { get; }

    /// <summary>Addresses of the queue's areas in guest memory.</summary>
    public QueueAreas Areas { get; }

    /// <summary>Number of descriptors in the ring.</summary>
    public int Size => (int)Areas.Size;

    /// <summary>Number of chains offered and not collected.</summary>
    public abstract int Outstanding { get; }

    /// <summary>Offers a chain: readable buffers first, then writable ones. The device may take it at once.</summary>
    /// <param name="buffers">The buffers, at least one.</param>
    /// <param name="id">The id that the chain has when it is completed.</param>
    /// <param name="indirect">Puts the chain into an indirect table, which takes one slot of the ring for a chain of any length.</param>
    /// <returns>False when the ring has too few free slots.</returns>
    public abstract bool TryOffer(ReadOnlySpan<DriverBuffer> buffers, out ushort id, bool indirect = false);

    /// <summary>Takes the next chain that the device has completed; false when there is none yet.</summary>
    /// <exception cref="InvalidOperationException">The device completed a chain that was not offered.</exception>
    public abstract bool TryCollect(out UsedBuffer used);

    /// <summary>
    /// Kicks the device for the chains offered since the last kick, unless the device suppresses it. Returns whether it kicked.
    /// </summary>
    public abstract bool Kick();

    /// <summary>Asks for an interrupt at the next used chain.</summary>
    public abstract void EnableInterrupts();

    /// <summary>
    /// Asks for an interrupt only when the device uses the slot that lies <paramref name="slots"/> after the next one. Needs EVENT_IDX.
    /// </summary>
    public abstract void EnableInterruptsAfter(int slots);

    /// <summary>Suppresses interrupts.</summary>
    public abstract void DisableInterrupts();

    /// <summary>Offers a chain.</summary>
    /// <returns>The id that the chain has when it is completed.</returns>
    /// <exception cref="InvalidOperationException">The ring is full.</exception>
    public ushort Offer(params ReadOnlySpan<DriverBuffer> buffers) =>
        TryOffer(buffers, out ushort id) ? id : throw Full(buffers.Length);

    /// <summary>Offers a chain in an indirect table.</summary>
    /// <returns>The id that the chain has when it is completed.</returns>
    /// <exception cref="InvalidOperationException">The ring is full.</exception>
    public ushort OfferIndirect(params ReadOnlySpan<DriverBuffer> buffers) =>
        TryOffer(buffers, out ushort id, indirect: true) ? id : throw Full(1);

    /// <summary>Waits, asleep, until the device completes a chain.</summary>
    /// <param name="timeout">The time limit; the bus's own when absent.</param>
    /// <exception cref="TimeoutException">The device completed none in time.</exception>
    /// <exception cref="DeviceFailureException">The device has failed and needs a reset; the inner exception is the cause.</exception>
    public UsedBuffer Collect(TimeSpan? timeout = null)
    {
        if (TryCollect(out UsedBuffer used))
            return used;
        TimeSpan limit = timeout ?? Driver.Bus.Options.Timeout;
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            long seen = Driver.Interrupt.Changes;
            EnableInterrupts();
            if (TryCollect(out used))
                return used;
            if (Driver.NeedsReset)
                throw Driver.Failed($"queue {Index} completes nothing more");
            TimeSpan left = limit == Timeout.InfiniteTimeSpan ? limit : limit - Stopwatch.GetElapsedTime(start);
            bool isOver = left <= TimeSpan.Zero && limit != Timeout.InfiniteTimeSpan;
            if (isOver || !Driver.Interrupt.WaitForChange(seen, left))
                throw NothingCame(limit);
            if ((Driver.PendingInterrupts & InterruptBits.UsedBuffer) != 0)
                Driver.Acknowledge(InterruptBits.UsedBuffer);
        }
    }

    /// <summary>Makes one request: offers bytes and room for an answer, kicks, waits for the completion.</summary>
    /// <param name="request">Bytes that the device can read; may be empty.</param>
    /// <param name="room">Number of bytes that the device can write; may be 0.</param>
    /// <returns>As many bytes as the used length says.</returns>
    /// <exception cref="InvalidOperationException">The used length is more than the room.</exception>
    /// <exception cref="TimeoutException">The device did not complete the request in time.</exception>
    /// <exception cref="DeviceFailureException">The device has failed and needs a reset; the inner exception is the cause.</exception>
    /// <exception cref="ArgumentException">There is neither a request nor room for an answer.</exception>
    public byte[] Exchange(ReadOnlySpan<byte> request, int room)
    {
        if (room < 0)
            throw new ArgumentOutOfRangeException(nameof(room), room, "the room for an answer is 0 bytes or more");
        if (request.IsEmpty && room == 0)
            throw new ArgumentException("an exchange needs a request, or room for an answer, or both", nameof(request));
        Span<DriverBuffer> buffers = new DriverBuffer[2];
        int count = 0;
        if (request.Length > 0)
            buffers[count++] = DriverBuffer.Readable(Driver.Bus.Place(request), request.Length);
        if (room > 0)
            buffers[count++] = DriverBuffer.Writable(Driver.Bus.Allocator.Allocate(room), room);
        ushort id = Offer(buffers[..count]);
        Kick();
        UsedBuffer used = Collect();
        if (used.Id != id || used.Length > room)
            throw new InvalidOperationException($"the device answered {used} to chain {id} with room for {room} bytes");
        if (used.Length == 0 && Driver.NeedsReset)
            throw Driver.Failed($"chain {id} of queue {Index} was completed without an answer");
        byte[] answer = used.Length == 0 ? [] : Driver.Bus.Read(buffers[count - 1].Address, (int)used.Length);
        foreach (DriverBuffer buffer in buffers[..count])
            Driver.Bus.Allocator.Free(buffer.Address, (int)buffer.Length);
        return answer;
    }

    internal abstract void Free();

    /// <summary>Checks what holds for a chain in any ring.</summary>
    private protected void CheckOffer(ReadOnlySpan<DriverBuffer> buffers)
    {
        Driver.Bus.ThrowIfDisposed();
        if (buffers.IsEmpty)
            throw new ArgumentException("a chain has at least one buffer", nameof(buffers));
    }

    /// <summary>Checks that an index names one of the ring's slots.</summary>
    private protected void CheckSlot(int index, string what)
    {
        Driver.Bus.ThrowIfDisposed();
        if (index < 0 || index >= Size)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"queue {Index} has {Size} {what}, numbered from 0");
    }

    private InvalidOperationException Full(int needed) => new(
        $"queue {Index} has no room for a chain of {needed} descriptors: it has {Size}, "
        + $"and {Outstanding} chains that were not collected hold the rest");

    private TimeoutException NothingCame(TimeSpan limit) => new(
        $"queue {Index} completed nothing in {limit.TotalSeconds} s; the device's status is {Driver.Status}, "
        + $"and {Outstanding} chains are outstanding",
        Driver.ShowFailure());

    /// <summary>An area of the ring, zeroed.</summary>
    private protected GuestBuffer Buffer(ulong address, int length)
    {
        if (!Driver.Bus.Memory.TryGetBuffer(address, length, out GuestBuffer buffer))
            throw new InvalidOperationException($"the ring at 0x{address:x} does not lie in one piece of guest memory");
        buffer.Span.Clear();
        return buffer;
    }
}
