using System.Diagnostics;

namespace Virtio.Bench.Guests;

/// <summary>Keeps a suite within its time on a machine that is slow or busy: no further round is begun after it, but one is always made.</summary>
internal sealed class Clock(double seconds)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    internal bool HasTimeFor(int round) => round == 0 || Stopwatch.GetElapsedTime(_start).TotalSeconds < seconds;
}
