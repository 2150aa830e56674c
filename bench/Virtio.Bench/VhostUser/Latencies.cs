using System.Diagnostics;
using System.Numerics;

namespace Virtio.Bench.VhostUser;

/// <summary>A histogram of request durations, each accurate to 3 percent.</summary>
internal sealed class Latencies
{
    // Buckets per power of two.
    private const int Steps = 32;

    private readonly long[] _counts = new long[64 * Steps];

    internal long Count { get; private set; }

    /// <summary>Adds a duration, in the stopwatch's ticks.</summary>
    internal void Add(long ticks)
    {
        Count++;
        _counts[IndexOf(ticks)]++;
    }

    /// <summary>The duration within which a fraction of the requests completed, in microseconds.</summary>
    internal double Quantile(double part)
    {
        long left = (long)(Count * part);
        int index = 0;
        for (; index < _counts.Length - 1 && left >= _counts[index]; index++)
            left -= _counts[index];
        return ValueAt(index) * 1e6 / Stopwatch.Frequency;
    }

    private static int IndexOf(long ticks)
    {
        if (ticks < Steps)
            return (int)Math.Max(ticks, 0);
        int shift = BitOperations.Log2((ulong)ticks) - BitOperations.Log2(Steps);
        return (int)(((long)shift * Steps) + (ticks >> shift));
    }

    private static double ValueAt(int index)
    {
        if (index < Steps)
            return index;
        int shift = (index / Steps) - 1;
        return (index - (shift * Steps) + 0.5) * Math.Pow(2, shift);
    }
}
