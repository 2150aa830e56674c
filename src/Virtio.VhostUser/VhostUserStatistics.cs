using Virtio.Devices;

namespace Virtio.VhostUser;

/// <summary>What a server has counted since it was made, through all front-ends and resets. Immutable; taken while requests go on, so that one may be counted in part.</summary>
public sealed record VhostUserStatistics
{
    /// <summary>What the device is.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>Front-ends that have connected.</summary>
    public required long Connections { get; init; }

    /// <summary>Times that the device, once a driver had it, was taken back to its beginning: by the driver, by its front-end, or because that has gone.</summary>
    public required long Resets { get; init; }

    /// <summary>Each queue of the device, by index.</summary>
    public required IReadOnlyList<VhostUserQueueStatistics> Queues { get; init; }
}
