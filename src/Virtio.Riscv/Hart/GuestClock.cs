namespace Virtio.Riscv;

/// <summary>
/// The <c>time</c> counter, shared by all harts: host time at the guest's rate, without the time during which the process did not run. Thread-safe; never goes back.
/// </summary>
/// <remarks>
/// A process that is stopped (SIGSTOP, a debugger) runs no hart, and a guest that finds a minute gone between two instructions reports that its processors hang.
/// Every hart that runs looks at the clock every few microseconds, and one that waits does so every <see cref="LongestWait"/>. Where no hart has looked for
/// <see cref="LongestGap"/>, none could: that time is skipped. A busy host delays a look by some hundred milliseconds, which still count.
/// </remarks>
internal sealed class GuestClock
{
    /// <summary>How long a hart may wait without a look at the clock, in milliseconds.</summary>
    public const int LongestWait = 250;

    /// <summary>A longer time without a look, in milliseconds, is one in which the process did not run.</summary>
    public const int LongestGap = 1000;

    // Looks are noted once in so many milliseconds, so that the harts do not contend for the fields.
    private const int NotingInterval = 10;

    private readonly TimeProvider _time;
    private readonly ulong _frequency;
    private readonly ulong _hostFrequency;

    // Host ticks in a guest tick where that is a whole number; otherwise 0.
    private readonly ulong _divisor;
    private readonly long _start;
    private readonly long _notingTicks;
    private readonly long _gapTicks;
    private readonly Lock _lock = new();

    // Host time of the last noted look. Written under the lock, after _skipped.
    private long _noted;

    // Host ticks that do not count. Written under the lock.
    private long _skipped;

    /// <summary>Makes a clock that begins at zero.</summary>
    /// <param name="frequency">The guest's ticks a second.</param>
    /// <param name="time">The host's clock, of which the timestamps are used.</param>
    public GuestClock(ulong frequency, TimeProvider time)
    {
        _time = time;
        _frequency = frequency;
        _hostFrequency = (ulong)time.TimestampFrequency;
        _divisor = _hostFrequency % frequency == 0 ? _hostFrequency / frequency : 0;
        _notingTicks = time.TimestampFrequency * NotingInterval / 1000;
        _gapTicks = time.TimestampFrequency * LongestGap / 1000;
        _noted = _start = time.GetTimestamp();
    }

    /// <summary>Ticks since the clock was made.</summary>
    public ulong Now
    {
        get
        {
            while (true)
            {
                // In this order: a thread that sees a noted time from after a gap also sees that the gap is skipped, and tries again.
                long skipped = Volatile.Read(ref _skipped);
                long now = _time.GetTimestamp();
                long noted = Volatile.Read(ref _noted);
                if (now - noted > _notingTicks)
                    return Note();
                if (Volatile.Read(ref _skipped) == skipped)
                    return ToGuestTicks(now - _start - skipped);
            }
        }
    }

    /// <summary>Microseconds of host time in a number of ticks, rounded down and capped at a day.</summary>
    public long ToMicroseconds(ulong ticks)
    {
        const ulong Day = 86_400_000_000;
        return (long)(ulong)UInt128.Min((UInt128)ticks * 1_000_000 / _frequency, Day);
    }

    private ulong Note()
    {
        lock (_lock)
        {
            long now = _time.GetTimestamp();
            long gap = now - _noted;

            // Looks up to a noting interval after the noted one were not noted: time goes on where the last of them may have been.
            if (gap > _gapTicks)
                Volatile.Write(ref _skipped, _skipped + gap - _notingTicks);
            Volatile.Write(ref _noted, now);
            return ToGuestTicks(now - _start - _skipped);
        }
    }

    private ulong ToGuestTicks(long elapsed) =>
        _divisor != 0 ? (ulong)elapsed / _divisor : (ulong)((UInt128)(ulong)elapsed * _frequency / _hostFrequency);
}
