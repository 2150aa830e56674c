using Virtio.Devices;

namespace Virtio.VhostUser;

/// <summary>
/// What a server has counted since it was made, across all front-ends and resets. Immutable. Taken while requests go on, so that one of
/// them may be counted in part.
/// </summary>
public sealed record VhostUserStatistics
{
    /// <summary>The device's type.</summary>
    public required DeviceId Device { get; init; }

    /// <summary>Front-ends that have connected.</summary>
    public required long Connections { get; init; }

    /// <summary>
    /// How often the device was reset after a driver had activated it: by the driver, by its front-end, or because the front-end has
    /// disconnected.
    /// </summary>
    public required long Resets { get; init; }

    /// <summary>The device's queues, by index.</summary>
    public required IReadOnlyList<VhostUserQueueStatistics> Queues { get; init; }
}
