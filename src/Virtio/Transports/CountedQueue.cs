using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Transports;

/// <summary>A queue of a transport's, for its instruments.</summary>
/// <param name="Device">Index of its device in the transport.</param>
/// <param name="Type">What the device is.</param>
/// <param name="Queue">Its index in its device.</param>
/// <param name="Counters">What happened in it.</param>
/// <param name="Kicks">The kicks that the transport saw itself.</param>
internal sealed record CountedQueue(int Device, DeviceId Type, int Queue, QueueCounters Counters, Func<long> Kicks)
{
    internal KeyValuePair<string, object?>[] Tags { get; } = [new("device", Device), new("type", Type.ToString()), new("queue", Queue)];
}
