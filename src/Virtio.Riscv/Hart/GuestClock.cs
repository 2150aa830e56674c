namespace Virtio.Riscv;

/// <summary>
/// The <c>time</c> counter, shared by all harts: host time at the guest's rate, without the time during which the process did not run.
/// Thread-safe; never goes back.
/// </summary>
/// <remarks>
/// A process that is stopped (SIGSTOP, a debugger) runs no hart. If a guest saw a minute pass between two instructions, it would report
/// hung processors. Every running hart reads the clock every few microseconds, and a waiting hart every <see cref="LongestWait"/>. If no
/// hart has read it for <see cref="LongestGap"/>, the process was stopped, and that time is skipped. A busy host delays a read by some
/// hundred milliseconds, which still count.
/// </remarks>
internal sealed class GuestClock
{
    /// <summary>The longest time that a hart waits without reading the clock, in milliseconds.</summary>
    public const int LongestWait = 250;

    /// <summary>If no hart has read the clock for longer than this, in milliseconds, the process did not run.</summary>
    public const int LongestGap = 1000;

    // A read is recorded at most once per this many milliseconds, so that the harts do not contend for the fields.
    private const int NotingInterval = 10;

    private readonly TimeProvider _time;
    private readonly ulong _frequency;
    private readonly ulong _hostFrequency;

    // Host ticks in a guest tick if that is a whole number; otherwise 0.
    private readonly ulong _divisor;
    private readonly long _start;
    private readonly long _notingTicks;
    private readonly long _gapTicks;
    private readonly Lock _lock = new();

    // Host time of the last recorded read. Written under the lock, after _skipped.
    private long _noted;

    // Host ticks that are not counted. Written under the lock.
    private long _skipped;

    /// <summary>Creates a clock that begins at zero.</summary>
    /// <param name="frequency">The guest's ticks per second.</param>
    /// <param name="time">The host's clock; only its timestamps are used.</param>
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

    /// <summary>Ticks since the clock was created.</summary>
    public ulong Now
    {
        get
        {
            while (true)
            {
                // In this order: a thread that reads a recorded time from after a gap also sees that the gap is skipped, and tries again.
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

            // Reads within a recording interval after the recorded one were not recorded:
            // the clock continues where the last of them may have been.
            if (gap > _gapTicks)
                Volatile.Write(ref _skipped, _skipped + gap - _notingTicks);
            Volatile.Write(ref _noted, now);
            return ToGuestTicks(now - _start - _skipped);
        }
    }

    private ulong ToGuestTicks(long elapsed) =>
        _divisor != 0 ? (ulong)elapsed / _divisor : (ulong)((UInt128)(ulong)elapsed * _frequency / _hostFrequency);
}
