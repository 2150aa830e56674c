using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Virtio.Queues;

/// <summary>Records how long the requests of one device take, from being taken to being completed. Thread-safe.</summary>
internal sealed class RequestDuration(Histogram<double> histogram, TagList tags)
{
    /// <summary>Whether a metrics listener has enabled the histogram.</summary>
    internal bool IsWanted => histogram.Enabled;

    /// <summary>Records a request that ends now.</summary>
    /// <param name="start">When it was taken, as a timestamp of <see cref="Stopwatch"/>.</param>
    internal void Record(long start) => histogram.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, tags);
}
