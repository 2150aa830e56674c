using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>How a device of another process is used.</summary>
public sealed record VhostUserDeviceOptions
{
    /// <summary>
    /// How many queues the driver gets, from 1 to the number that the back-end has; null for as many as the back-end has.
    /// </summary>
    public int? Queues { get; init; }

    /// <summary>The maximum size of each queue, 1 to 32768. A back-end does not tell a preferred size.</summary>
    public int QueueSize { get; init; } = 256;

    /// <summary>The queue and ring features to offer to the driver, where the back-end offers them too.</summary>
    public VirtioFeatures RingFeatures { get; init; } = VirtioFeatures.RingDefault | VirtioFeatures.InOrder;

    /// <summary>
    /// How long the back-end may take for an answer. Where it takes longer, the connection is given up. The stop of a queue takes as long
    /// as the requests under way.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long requests wait for a back-end that has died, or has ended its connection, to be at the same socket again; 30 s by default.
    /// After that, requests of a disk fail until it is back, and any other device needs a reset. The next back-end redoes the requests in
    /// flight. They are known from the in-flight record that back-ends keep in memory of this process
    /// (VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD). Where a back-end keeps none, this process relays requests to it through rings of its own:
    /// each request takes longer, and rings have at most 1024 descriptors. Zero disables both: the device needs a reset at once.
    /// </summary>
    public TimeSpan ReconnectTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Length of configuration space in bytes, 0 to 256. Null for the length of the device type where it is known, else for as much as the
    /// back-end allows to be read.
    /// </summary>
    public int? ConfigLength { get; init; }

    internal bool Recovers => ReconnectTime > TimeSpan.Zero;

    internal ProtocolFeatures Protocol => Recovers ? ProtocolFeatures.InflightInSharedMemory : ProtocolFeatures.None;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ReconnectTime, TimeSpan.Zero, nameof(ReconnectTime));
        ArgumentOutOfRangeException.ThrowIfLessThan(ConfigLength ?? 0, 0, nameof(ConfigLength));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ConfigLength ?? 0, RemoteConfig.MaximumLength, nameof(ConfigLength));
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueSize, 1, nameof(QueueSize));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(QueueSize, Virtqueue.MaximumSize, nameof(QueueSize));
        ArgumentOutOfRangeException.ThrowIfLessThan(Queues ?? 1, 1, nameof(Queues));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Timeout, TimeSpan.Zero, nameof(Timeout));
    }
}
