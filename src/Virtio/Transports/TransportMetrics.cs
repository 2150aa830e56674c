using System.Diagnostics;
using System.Diagnostics.Metrics;
using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Transports;

/// <summary>
/// The instruments of one transport (<see cref="VirtioMetrics"/>). Created once and disposed with the transport. Thread-safe.
/// </summary>
internal sealed class TransportMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Histogram<double> _durations;
    private CountedQueue[] _queues = [];

    internal TransportMetrics(object transport)
    {
        _meter = new Meter(new MeterOptions(VirtioMetrics.MeterName) { Scope = transport });
        _durations = _meter.CreateHistogram<double>("virtio.device.request.duration", "s", "From taking a request to completing it.");
    }

    internal RequestDuration DurationOf(int device, DeviceId type) =>
        new(_durations, new TagList { { "device", device }, { "type", type.ToString() } });

    /// <summary>Adds the instruments of the queues of all devices. Called once.</summary>
    internal void Add(IEnumerable<CountedQueue> queues)
    {
        _queues = [.. queues];
        Count("virtio.queue.chains", "{chain}", "Chains completed.", queue => queue.Counters.Chains);
        Count("virtio.queue.bytes", "By", "Bytes read and written by the device.", queue => queue.Counters.Bytes);
        Count("virtio.queue.errors", "{chain}", "Requests that were answered with an error.", queue => queue.Counters.Errors);
        Count("virtio.queue.malformed", "{chain}", "Chains that broke a rule.", queue => queue.Counters.Malformed);
        Count("virtio.queue.kicks", "{kick}", "Notifications of the driver.", queue => queue.Kicks() + queue.Counters.Wakes);
        Count("virtio.queue.interrupts", "{interrupt}", "Used buffer notifications sent.", queue => queue.Counters.InterruptsSent);
        Count(
            "virtio.queue.interrupts.suppressed",
            "{batch}",
            "Batches of completed chains that the driver wanted no interrupt for.",
            queue => queue.Counters.InterruptsSuppressed);
    }

    public void Dispose() => _meter.Dispose();

    private void Count(string name, string unit, string description, Func<CountedQueue, long> count) =>
        _meter.CreateObservableCounter(
            name, () => _queues.Select(watched => new Measurement<long>(count(watched), watched.Tags)), unit, description);
}
