namespace Virtio.Vmm.Boards.Riscv;

/// <summary>
/// The real-time clock with an alarm of the "goldfish" boards: nanoseconds since 1970 in UTC, read and written in two halves.
/// The guest may set it; the clock then keeps the difference to the host's clock. Thread-safe.
/// </summary>
/// <remarks>
/// A register is 32 bits at a multiple of 4. A wider access reads and writes its first register only.
/// A narrower or unaligned access, and an access to an offset without a register, reads zero and writes nothing.
/// </remarks>
internal sealed class GoldfishClock : IDisposable
{
    /// <summary>How much address space the registers take.</summary>
    public const ulong Size = 0x1000;

    private const ulong TimeLow = 0x00; // reading it latches the high half
    private const ulong TimeHigh = 0x04;
    private const ulong AlarmLow = 0x08; // writing it arms the alarm
    private const ulong AlarmHigh = 0x0c;
    private const ulong InterruptEnabled = 0x10;
    private const ulong ClearAlarm = 0x14;
    private const ulong AlarmStatus = 0x18;
    private const ulong ClearInterrupt = 0x1c;

    private const ulong NanosecondsPerTick = 100;
    private const ulong NanosecondsPerMillisecond = 1_000_000;

    // In milliseconds. The timer measures elapsed time, but the alarm names a time of day.
    // When the host's clock is set, the alarm is late by this much at most.
    private const ulong LongestWait = 60_000;

    // Protects every mutable field below. It is held while the interrupt line is set.
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Action<bool> _setInterrupt;
    private readonly ITimer _timer;

    // Nanoseconds from the host's time to the guest's time, modulo 2^64.
    private ulong _offset;

    // The high half of the time at the last read of the low half.
    private uint _latchedHigh;

    // A high half that the guest wrote, until the low half follows.
    private uint? _writtenHigh;

    // The guest time of the alarm, in nanoseconds since 1970.
    private ulong _alarm;

    // The guest has set an alarm whose time has not come.
    private bool _isArmed;

    // The alarm has fired and the guest has not cleared the interrupt.
    private bool _isPending;

    // The guest's interrupt-enable register.
    private bool _isEnabled;

    // The level last given to _setInterrupt.
    private bool _isAsserted;

    // Set on disposal: the line does not move afterwards.
    private bool _isDisposed;

    /// <summary>Creates a clock that shows the host's time.</summary>
    /// <param name="time">The host's clock.</param>
    /// <param name="setInterrupt">Sets the level of the interrupt line; called by harts and by a timer, one call at a time.</param>
    public GoldfishClock(TimeProvider time, Action<bool> setInterrupt)
    {
        _time = time;
        _setInterrupt = setInterrupt;
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private ulong Now => unchecked((ulong)(_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * NanosecondsPerTick + _offset);

    /// <summary>Reads at an offset into the registers. Never fails.</summary>
    public ulong Read(ulong offset, int size)
    {
        if (size < sizeof(uint))
            return 0;
        lock (_lock)
        {
            return offset switch
            {
                TimeLow => ReadTime(),
                TimeHigh => _latchedHigh,
                AlarmLow => _alarm & uint.MaxValue,
                AlarmHigh => _alarm >> 32,
                InterruptEnabled => _isEnabled ? 1u : 0,
                AlarmStatus => _isArmed ? 1u : 0,
                _ => 0,
            };
        }
    }

    /// <summary>Writes at an offset into the registers. Never fails.</summary>
    public void Write(ulong offset, int size, ulong data)
    {
        if (size < sizeof(uint))
            return;
        var value = (uint)(data & uint.MaxValue);
        lock (_lock)
        {
            if (_isDisposed)
                return;
            WriteRegister(offset, value);
            UpdateInterrupt();
        }
    }

    /// <summary>Stops the alarm. The interrupt line is not moved afterwards.</summary>
    public void Dispose()
    {
        lock (_lock)
            _isDisposed = true;
        _timer.Dispose();
    }

    private static ulong WithLow(ulong value, uint low) => value >> 32 << 32 | low;

    private static ulong WithHigh(ulong value, uint high) => (ulong)high << 32 | value & uint.MaxValue;

    private uint ReadTime()
    {
        var now = Now;
        _latchedHigh = (uint)(now >> 32);
        return (uint)(now & uint.MaxValue);
    }

    private void WriteRegister(ulong offset, uint value)
    {
        switch (offset)
        {
            case TimeLow:
                // The low half may have wrapped since the high half was written.
                SetTime(WithLow(WithHigh(Now, _writtenHigh ?? (uint)(Now >> 32)), value));
                _writtenHigh = null;
                break;
            case TimeHigh:
                SetTime(WithHigh(Now, value));
                _writtenHigh = value;
                break;
            case AlarmLow:
                _alarm = WithLow(_alarm, value);
                _isArmed = true;
                FireOrWait();
                break;
            case AlarmHigh:
                _alarm = WithHigh(_alarm, value);
                break;
            case InterruptEnabled:
                _isEnabled = (value & 1) != 0;
                break;
            case ClearAlarm:
                _isArmed = false;
                break;
            case ClearInterrupt:
                _isPending = false;
                break;
        }
    }

    private void SetTime(ulong value)
    {
        unchecked
        {
            _offset += value - Now;
        }

        if (_isArmed)
            FireOrWait();
    }

    /// <summary>
    /// For an armed alarm: fires if its time has come, else sets the timer. However often a guest arms the alarm, there is one timer.
    /// </summary>
    private void FireOrWait()
    {
        var now = Now;
        if (_alarm <= now)
        {
            _isArmed = false;
            _isPending = true;
            return;
        }

        // Timers count whole milliseconds. The wait is rounded up: a timer that fired early would be set again and again.
        var milliseconds = Math.Min((_alarm - now - 1) / NanosecondsPerMillisecond + 1, LongestWait);
        _timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            if (_isDisposed || !_isArmed)
                return;
            FireOrWait();
            UpdateInterrupt();
        }
    }

    private void UpdateInterrupt()
    {
        // Under the lock: two threads that report their levels in the wrong order would leave the line wrong for good.
        var asserted = _isPending && _isEnabled;
        if (asserted == _isAsserted)
            return;
        _isAsserted = asserted;
        _setInterrupt(asserted);
    }
}
