namespace Virtio.Vmm.Tests.Boards;

/// <summary>A host's clock that the test moves. Not thread-safe.</summary>
internal sealed class SteppedTime(DateTimeOffset start) : TimeProvider
{
    private readonly List<Timer> _timers = [];
    private TimeSpan _passed;
    private TimeSpan _step;

    /// <summary>How often a timer was set to a time.</summary>
    public int TimerChanges { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => start + _passed + _step;

    public override long GetTimestamp() => _passed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    /// <summary>Lets time pass, and calls the timers that become due at their times.</summary>
    public void Advance(TimeSpan time)
    {
        TimeSpan end = _passed + time;
        while (_timers.MinBy(timer => timer.Due ?? TimeSpan.MaxValue) is { Due: { } due } next && due <= end)
        {
            _passed = due;
            next.Due = next.Period == Timeout.InfiniteTimeSpan ? null : due + next.Period;
            next.Call();
        }

        _passed = end;
    }

    /// <summary>Lets time pass while the process is stopped. Afterwards each due timer is called once.</summary>
    public void Stop(TimeSpan time)
    {
        _passed += time;
        foreach (Timer timer in _timers.Where(timer => timer.Due <= _passed))
            timer.Due = _passed;
        Advance(TimeSpan.Zero);
    }

    /// <summary>Sets the host's clock ahead or back without letting time pass.</summary>
    public void Set(TimeSpan difference) => _step += difference;

    private sealed class Timer(SteppedTime time, Action call) : ITimer
    {
        public TimeSpan? Due { get; set; }

        public TimeSpan Period { get; private set; }

        public void Call() => call();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Period = period;
            Due = dueTime == Timeout.InfiniteTimeSpan ? null : time._passed + dueTime;
            time.TimerChanges += Due is null ? 0 : 1;
            return true;
        }

        public void Dispose() => Due = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
