using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Virtio.Queues;

/// <summary>How long the requests of one device take from being taken to being given back. Thread-safe.</summary>
internal sealed class RequestDuration(Histogram<double> histogram, TagList tags)
{
    /// <summary>Somebody listens.</summary>
    internal bool IsWanted => histogram.Enabled;

    /// <summary>Records a request that ends now.</summary>
    /// <param name="start">The clock when it was taken.</param>
    internal void Record(long start) => histogram.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, tags);
}
