using System.Diagnostics;

namespace Virtio.Bench.Guests;

/// <summary>Limits the time of a suite on a slow or busy machine: no round starts after it, except the first.</summary>
internal sealed class Clock(double seconds)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    internal bool HasTimeFor(int round) => round == 0 || Stopwatch.GetElapsedTime(_start).TotalSeconds < seconds;
}
