using System.Diagnostics;

namespace Virtio.Testing;

/// <summary>A level-triggered interrupt line, as an interrupt controller sees it. It counts how often it was raised. Thread-safe.</summary>
public sealed class InterruptLine
{
    private readonly object _gate = new();
    private bool _asserted;
    private long _raised;
    private long _changes;

    /// <summary>The current level.</summary>
    public bool IsAsserted
    {
        get
        {
            lock (_gate)
                return _asserted;
        }
    }

    /// <summary>How often the device asked for an interrupt, also while the line was asserted already.</summary>
    public long Raised
    {
        get
        {
            lock (_gate)
                return _raised;
        }
    }

    /// <summary>
    /// Grows with every interrupt. It also grows when a driver acknowledges events, because another thread may be about to sleep for one of
    /// them.
    /// </summary>
    public long Changes
    {
        get
        {
            lock (_gate)
                return _changes;
        }
    }

    /// <summary>
    /// Waits until <see cref="Changes"/> differs from <paramref name="seen"/>. Read <see cref="Changes"/> before you look for the work that
    /// an interrupt announces: then an interrupt between the look and the wait is not lost.
    /// </summary>
    /// <returns>False when the time was over first.</returns>
    public bool WaitForChange(long seen, TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            while (_changes == seen)
            {
                if (timeout == Timeout.InfiniteTimeSpan)
                {
                    Monitor.Wait(_gate);
                    continue;
                }

                TimeSpan left = timeout - Stopwatch.GetElapsedTime(start);
                if (left <= TimeSpan.Zero || !Monitor.Wait(_gate, left))
                    return _changes != seen;
            }

            return true;
        }
    }

    internal void Set(bool asserted)
    {
        lock (_gate)
        {
            _asserted = asserted;
            if (!asserted)
                return;
            _raised++;
            Change();
        }
    }

    internal void NoteAcknowledged()
    {
        lock (_gate)
            Change();
    }

    private void Change()
    {
        _changes++;
        Monitor.PulseAll(_gate);
    }
}
