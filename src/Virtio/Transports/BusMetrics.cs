using System.Diagnostics;
using System.Diagnostics.Metrics;
using Virtio.Queues;

namespace Virtio.Transports;

/// <summary>The instruments of one bus, <see cref="VirtioMetrics"/>; made once and disposed with it. Thread-safe.</summary>
internal sealed class BusMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Histogram<double> _durations;
    private readonly List<(QueueRegisters Queue, KeyValuePair<string, object?>[] Tags)> _queues = [];

    internal BusMetrics(object bus)
    {
        _meter = new Meter(new MeterOptions(VirtioMetrics.MeterName) { Scope = bus });
        _durations = _meter.CreateHistogram<double>("virtio.device.request.duration", "s", "From taking a request to completing it.");
    }

    internal RequestDuration DurationOf(int device, Devices.DeviceId type) =>
        new(_durations, new TagList { { "device", device }, { "type", type.ToString() } });

    /// <summary>Adds the instruments of the queues of all devices, in order. Once.</summary>
    internal void Add(IEnumerable<TransportDevice> devices)
    {
        int index = 0;
        foreach (TransportDevice device in devices)
        {
            for (uint queue = 0; device.Queue(queue) is { } registers; queue++)
                _queues.Add((registers, [new("device", index), new("type", device.Device.Id.ToString()), new("queue", (int)queue)]));
            index++;
        }

        Count("virtio.queue.chains", "{chain}", "Chains completed.", queue => queue.Counters.Chains);
        Count("virtio.queue.bytes", "By", "Bytes read and written by the device.", queue => queue.Counters.Bytes);
        Count("virtio.queue.malformed", "{chain}", "Chains that broke a rule.", queue => queue.Counters.Malformed);
        Count("virtio.queue.kicks", "{kick}", "Notifications of the driver.", queue => queue.Kicks + queue.Counters.Wakes);
        Count("virtio.queue.interrupts", "{interrupt}", "Used buffer notifications sent.", queue => queue.Counters.InterruptsSent);
        Count("virtio.queue.interrupts.suppressed", "{batch}", "Batches of completed chains that the driver wanted no interrupt for.", queue => queue.Counters.InterruptsSuppressed);
    }

    public void Dispose() => _meter.Dispose();

    private void Count(string name, string unit, string description, Func<QueueRegisters, long> count) =>
        _meter.CreateObservableCounter(name, () => _queues.Select(watched => new Measurement<long>(count(watched.Queue), watched.Tags)), unit, description);
}
