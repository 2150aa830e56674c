using Virtio.Queues;

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

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueSize, 1, nameof(QueueSize));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(QueueSize, Virtqueue.MaximumSize, nameof(QueueSize));
        ArgumentOutOfRangeException.ThrowIfLessThan(Queues ?? 1, 1, nameof(Queues));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Timeout, TimeSpan.Zero, nameof(Timeout));
    }
}
