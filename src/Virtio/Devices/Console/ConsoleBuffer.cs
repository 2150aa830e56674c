namespace Virtio.Devices.Console;

/// <summary>
/// A bounded first-in first-out buffer of bytes between a stream and a queue. Thread-safe for one producer and one consumer. The memory
/// that <see cref="Room"/> and <see cref="Pending"/> return stays as it is until <see cref="Commit"/> and <see cref="Consume"/>.
/// </summary>
/// <param name="capacity">How many bytes it holds.</param>
/// <param name="reserve">How many more it can be made to hold.</param>
internal sealed class ConsoleBuffer(int capacity, int reserve = 0)
{
    // How often a wait for room looks whether the queue is being drained: a drain sends no signal.
    private static readonly TimeSpan LookTime = TimeSpan.FromMilliseconds(50);

    private readonly object _gate = new();
    private readonly byte[] _bytes = new byte[capacity + reserve];

    // All three are guarded by the gate: the index of the oldest byte, the number of bytes, and whether the consumer has gone.
    private int _start;
    private int _count;
    private bool _discarding;

    /// <summary>Bytes in the buffer.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    /// <summary>
    /// The free bytes up to the end of the array; empty when the buffer is full. Not for a buffer that <see cref="Write"/> fills.
    /// </summary>
    internal Memory<byte> Room
    {
        get
        {
            lock (_gate)
            {
                int end = (_start + _count) % _bytes.Length;
                return _bytes.AsMemory(end, Math.Min(Math.Max(0, capacity - _count), _bytes.Length - end));
            }
        }
    }

    /// <summary>The oldest bytes, up to the end of the array; empty when there are none.</summary>
    internal ReadOnlyMemory<byte> Pending
    {
        get
        {
            lock (_gate)
                return _bytes.AsMemory(_start, Math.Min(_count, _bytes.Length - _start));
        }
    }

    /// <summary>Adds bytes that were written to <see cref="Room"/>.</summary>
    internal void Commit(int count)
    {
        lock (_gate)
            _count += count;
    }

    /// <summary>Removes the oldest bytes.</summary>
    internal void Consume(int count)
    {
        lock (_gate)
        {
            // The bytes were dropped while they were being written to the stream.
            if (_discarding)
                return;
            _start = (_start + count) % _bytes.Length;
            _count -= count;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Drops the bytes that are there and all that come later. Ends each wait for room.</summary>
    internal void Discard()
    {
        lock (_gate)
        {
            _discarding = true;
            _count = 0;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Adds as many bytes as fit, into the reserve too if that is asked for; returns how many.</summary>
    internal int Write(ReadOnlySpan<byte> source, bool useReserve = false)
    {
        lock (_gate)
        {
            if (_discarding)
                return source.Length;
            int total = Math.Clamp((useReserve ? _bytes.Length : capacity) - _count, 0, source.Length);
            int end = (_start + _count) % _bytes.Length;
            int first = Math.Min(total, _bytes.Length - end);
            source[..first].CopyTo(_bytes.AsSpan(end));
            source[first..total].CopyTo(_bytes);
            _count += total;
            return total;
        }
    }

    /// <summary>Copies the bytes after the first <paramref name="skip"/> out, as many as fit, and keeps them; returns how many.</summary>
    internal int CopyTo(int skip, Span<byte> destination)
    {
        lock (_gate)
        {
            int total = Math.Min(destination.Length, _count - skip);
            int start = (_start + skip) % _bytes.Length;
            int first = Math.Min(total, _bytes.Length - start);
            _bytes.AsSpan(start, first).CopyTo(destination);
            _bytes.AsSpan(0, total - first).CopyTo(destination[first..]);
            return total;
        }
    }

    /// <summary>
    /// Blocks until there is room outside the reserve or <paramref name="isHurried"/> is true; false when <paramref name="stopping"/> was
    /// cancelled first.
    /// </summary>
    internal bool WaitForRoom(Func<bool> isHurried, CancellationToken stopping)
    {
        using CancellationTokenRegistration registration =
            stopping.UnsafeRegister(static buffer => ((ConsoleBuffer)buffer!).WakeAll(), this);
        lock (_gate)
        {
            while (_count >= capacity && !stopping.IsCancellationRequested && !isHurried())
                Monitor.Wait(_gate, LookTime);
            return !stopping.IsCancellationRequested;
        }
    }

    private void WakeAll()
    {
        lock (_gate)
            Monitor.PulseAll(_gate);
    }
}
