using Virtio.Devices;
using Virtio.Queues;
using Virtio.Transports;

namespace Virtio.VhostUser;

/// <summary>
/// The counters of one server, across all its front-ends. Connections and resets are counted by the server's thread. Any thread may read;
/// the values may lag.
/// </summary>
internal sealed class ServerCounters : IDisposable
{
    private readonly DeviceId _device;
    private readonly QueueCounters[] _queues;
    private readonly TransportMetrics _metrics;

    /// <summary>Makes the counters of a device. They live as long as the server.</summary>
    /// <param name="device">The device; only its type and its queues are read.</param>
    /// <param name="server">The object that metrics listeners see as the owner.</param>
    internal ServerCounters(IVirtioDevice device, object server)
    {
        _device = device.Id;
        _queues = [.. device.QueueSizes.ToArray().Select(_ => new QueueCounters())];
        _metrics = new TransportMetrics(server);
        _metrics.Add(_queues.Select((counters, index) => new CountedQueue(0, device.Id, index, counters, () => 0)));
        Duration = _metrics.DurationOf(0, device.Id);
    }

    internal IReadOnlyList<QueueCounters> Queues => _queues;

    internal RequestDuration Duration { get; }

    // Front-ends that have connected, and resets of the device, so far. Written by the server's thread, read by any thread.
    internal long Connections;
    internal long Resets;

    public void Dispose() => _metrics.Dispose();

    internal VhostUserStatistics Read() => new()
    {
        Device = _device,
        Connections = Volatile.Read(ref Connections),
        Resets = Volatile.Read(ref Resets),
        Queues = [.. _queues.Select(Read)],
    };

    private static VhostUserQueueStatistics Read(QueueCounters counters) => new()
    {
        Requests = Volatile.Read(ref counters.Chains),
        Bytes = Volatile.Read(ref counters.Bytes),
        Errors = Volatile.Read(ref counters.Errors),
        Malformed = Volatile.Read(ref counters.Malformed),
        Kicks = Volatile.Read(ref counters.Wakes),
        Interrupts = Volatile.Read(ref counters.InterruptsSent),
        InterruptsSuppressed = Volatile.Read(ref counters.InterruptsSuppressed),
    };
}
