using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>How a device of another process is used.</summary>
public sealed record VhostUserDeviceOptions
{
    /// <summary>How many queues the driver gets, 1 to what the back-end has; null for as many as that says.</summary>
    public int? Queues { get; init; }

    /// <summary>The maximum size of each queue, 1 to 32768; a back-end does not say what it would like.</summary>
    public int QueueSize { get; init; } = 256;

    /// <summary>What the driver may be offered of queues and their rings, if the back-end offers it.</summary>
    public VirtioFeatures RingFeatures { get; init; } = VirtioFeatures.RingDefault | VirtioFeatures.InOrder;

    /// <summary>How long the back-end may take for an answer; one that takes longer is given up. To stop a queue takes it as long as what is under way there.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long requests wait for a back-end that has died, or ended its connection, to be at the same socket again; 30 s by default. Then requests of a disk fail until it is,
    /// and another device needs a reset. The next back-end does those in flight again: known from the record that back-ends keep in memory of this process
    /// (VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD). Where a back-end keeps none, this process passes requests on to it by rings of its own, which costs time for each request, and
    /// rings have at most 1024 descriptors. Zero for neither: the device needs a reset at once.
    /// </summary>
    public TimeSpan ReconnectTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Length of configuration space in bytes, 0 to 256. Null for that of the device type where it is known here, else for as much as the back-end lets be read.
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
