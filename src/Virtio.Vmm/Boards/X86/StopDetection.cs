namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// Notices that the process did not run for a while (SIGSTOP, a debugger): a timer looks at the clock four times a second, and where nothing has looked for a
/// second, nothing could. Thread-safe.
/// </summary>
/// <remarks>A timer that is late for another reason is taken for a stop too; then the guest's watchdog leaves out one of its checks.</remarks>
internal sealed class StopDetection : IDisposable
{
    /// <summary>The time between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>A longer time without a look is a stop.</summary>
    public static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Action _onStopped;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;

    // The last look. Under the lock.
    private long _looked;

    // Written under the lock.
    private int _count;

    /// <summary>Begins to look.</summary>
    /// <param name="time">The host's clock.</param>
    /// <param name="onStopped">Called after each stop, when <see cref="Count"/> has changed; on the thread that noticed it.</param>
    public StopDetection(TimeProvider time, Action onStopped)
    {
        _time = time;
        _onStopped = onStopped;
        _looked = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Look(), null, Interval, Interval);
    }

    /// <summary>How many stops there were.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Looks at the clock.</summary>
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

    /// <summary>Ends the timer.</summary>
    public void Dispose() => _timer.Dispose();
}
