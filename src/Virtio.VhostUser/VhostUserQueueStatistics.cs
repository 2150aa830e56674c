namespace Virtio.VhostUser;

/// <summary>What happened in one queue of a served device. Immutable.</summary>
public sealed record VhostUserQueueStatistics
{
    /// <summary>Requests that were completed: well-formed chains only.</summary>
    public required long Requests { get; init; }

    /// <summary>Bytes of these requests that the device read and wrote.</summary>
    public required long Bytes { get; init; }

    /// <summary>Requests among them that were completed with an error, where the device type has such a completion.</summary>
    public required long Errors { get; init; }

    /// <summary>Malformed chains, which were completed with nothing done.</summary>
    public required long Malformed { get; init; }

    /// <summary>How often the queue's thread was woken, by the driver's notifications and by completions from other threads.</summary>
    public required long Kicks { get; init; }

    /// <summary>Interrupts sent.</summary>
    public required long Interrupts { get; init; }

    /// <summary>Batches of completed requests for which the driver suppressed the interrupt.</summary>
    public required long InterruptsSuppressed { get; init; }
}
