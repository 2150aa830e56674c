using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Transports;

/// <summary>A queue of a transport, as its instruments see it.</summary>
/// <param name="Device">Index of the device in the transport.</param>
/// <param name="Type">The device type.</param>
/// <param name="Queue">Index of the queue in the device.</param>
/// <param name="Counters">The queue's counters.</param>
/// <param name="Kicks">Reads the number of kicks that came as writes to a register.</param>
internal sealed record CountedQueue(int Device, DeviceId Type, int Queue, QueueCounters Counters, Func<long> Kicks)
{
    internal KeyValuePair<string, object?>[] Tags { get; } = [new("device", Device), new("type", Type.ToString()), new("queue", Queue)];
}
