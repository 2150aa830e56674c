using System.Diagnostics;

namespace Virtio.Testing;

/// <summary>A level-triggered interrupt line, as an interrupt controller sees it, with a memory of how often it was raised. Thread-safe.</summary>
public sealed class InterruptLine
{
    private readonly object _gate = new();
    private bool _asserted;
    private long _raised;

    /// <summary>The level now.</summary>
    public bool IsAsserted
    {
        get
        {
            lock (_gate)
                return _asserted;
        }
    }

    /// <summary>How often a device asked for an interrupt, whether or not the line was asserted already.</summary>
    public long Raised
    {
        get
        {
            lock (_gate)
                return _raised;
        }
    }

    /// <summary>
    /// Waits until <see cref="Raised"/> differs from <paramref name="seen"/>. Read it before looking for the work that an interrupt announces: then an
    /// interrupt between the look and the wait is not lost.
    /// </summary>
    /// <returns>False when the time was over first.</returns>
    public bool WaitForMoreThan(long seen, TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            while (_raised == seen)
            {
                TimeSpan left = timeout - Stopwatch.GetElapsedTime(start);
                if (left <= TimeSpan.Zero || !Monitor.Wait(_gate, left))
                    return _raised != seen;
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
            Monitor.PulseAll(_gate);
        }
    }
}
