namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// Detects that the process did not run for a while (SIGSTOP, a debugger). A timer checks the clock four times a second. If there was no
/// check for a second, the process was stopped. Thread-safe.
/// </summary>
/// <remarks>A timer that is late for another reason counts as a stop too; the guest's watchdog then skips one of its checks.</remarks>
internal sealed class StopDetection : IDisposable
{
    /// <summary>The time between two checks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>A longer time without a check is a stop.</summary>
    public static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Action _onStopped;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;

    // The timestamp of the last check. Under the lock.
    private long _looked;

    // The number of stops. Written under the lock.
    private int _count;

    /// <summary>Starts the timer.</summary>
    /// <param name="time">The host's clock.</param>
    /// <param name="onStopped">Called after each stop, when <see cref="Count"/> has changed, on the thread that detected it.</param>
    public StopDetection(TimeProvider time, Action onStopped)
    {
        _time = time;
        _onStopped = onStopped;
        _looked = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Look(), null, Interval, Interval);
    }

    /// <summary>The number of stops so far.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Checks the clock.</summary>
    public void Look()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            var gap = _time.GetElapsedTime(_looked, now);
            _looked = now;
            if (gap <= LongestGap)
                return;
            Volatile.Write(ref _count, _count + 1);
        }

        _onStopped();
    }

    /// <summary>Stops the timer.</summary>
    public void Dispose() => _timer.Dispose();
}
