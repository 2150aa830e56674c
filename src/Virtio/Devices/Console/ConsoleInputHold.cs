namespace Virtio.Devices.Console;

/// <summary>
/// Decides when a driver that does not accept VIRTIO_CONSOLE_F_MULTIPORT gets its input. Such a driver does not say when it is ready. It is
/// taken to be ready once it has been silent for a moment after its first output, or when the limit is over.
/// </summary>
/// <param name="limit">The longest wait.</param>
/// <param name="release">Called when the wait is over, on any thread; must not block.</param>
internal sealed class ConsoleInputHold(TimeSpan limit, Action release) : IDisposable
{
    // A kernel may write its whole log while it registers its console. This long after the last output it has ended.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();

    // Null when no driver waits. Guarded by the lock.
    private Timer? _timer;

    // When the driver wrote for the first time, in milliseconds; null before that. Guarded by the lock.
    private long? _firstOutput;

    /// <summary>Begins the wait.</summary>
    internal void Begin()
    {
        lock (_gate)
        {
            _firstOutput = null;
            _timer?.Dispose();
            _timer = null;
            if (limit > TimeSpan.Zero)
                _timer = new Timer(static hold => ((ConsoleInputHold)hold!).End(), this, limit, Timeout.InfiniteTimeSpan);
            else
                release();
        }
    }

    /// <summary>Ends the wait. There is no release after this has returned.</summary>
    internal void Cancel()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    /// <summary>The driver has written something.</summary>
    internal void DriverWrote()
    {
        if (Volatile.Read(ref _timer) is null)
            return;
        lock (_gate)
        {
            long now = Environment.TickCount64;
            _firstOutput ??= now;

            // A driver that writes without a pause gets its input all the same, at the limit.
            if (now - _firstOutput < limit.TotalMilliseconds)
                _timer?.Change(Settling < limit ? Settling : limit, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => Cancel();

    private void End()
    {
        lock (_gate)
        {
            // A callback that was under way when the wait was cancelled.
            if (_timer is null)
                return;
            _timer.Dispose();
            _timer = null;

            // Under the lock: a release that came after Cancel would open the port of the next driver.
            release();
        }
    }
}
