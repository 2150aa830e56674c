using System.Diagnostics;

namespace Virtio.Riscv;

/// <summary>The <c>time</c> counter, shared by all harts: host time at the guest's rate.</summary>
internal sealed class GuestClock(ulong frequency)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly ulong _divisor = (ulong)Stopwatch.Frequency % frequency == 0 ? (ulong)Stopwatch.Frequency / frequency : 0;

    /// <summary>Ticks since the machine was made.</summary>
    public ulong Now
    {
        get
        {
            ulong elapsed = (ulong)(Stopwatch.GetTimestamp() - _start);
            return _divisor != 0 ? elapsed / _divisor : (ulong)((UInt128)elapsed * frequency / (ulong)Stopwatch.Frequency);
        }
    }

    /// <summary>Microseconds of host time in a number of ticks, rounded down and capped at a day.</summary>
    public long ToMicroseconds(ulong ticks)
    {
        const ulong Day = 86_400_000_000;
        return (long)(ulong)UInt128.Min((UInt128)ticks * 1_000_000 / frequency, Day);
    }
}
