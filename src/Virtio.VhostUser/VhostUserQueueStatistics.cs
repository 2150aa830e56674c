namespace Virtio.VhostUser;

/// <summary>What happened in one queue of a served device. Immutable.</summary>
public sealed record VhostUserQueueStatistics
{
    /// <summary>Requests that were answered: well-formed chains that were given back.</summary>
    public required long Requests { get; init; }

    /// <summary>What the device read and wrote of them.</summary>
    public required long Bytes { get; init; }

    /// <summary>Requests among them that were answered with an error, where the device has such an answer.</summary>
    public required long Errors { get; init; }

    /// <summary>Chains that broke a rule and were given back with nothing done.</summary>
    public required long Malformed { get; init; }

    /// <summary>Times that the queue's thread was woken: by the driver's kicks, and by what ended on other threads.</summary>
    public required long Kicks { get; init; }

    /// <summary>Interrupts sent.</summary>
    public required long Interrupts { get; init; }

    /// <summary>Batches of answered requests for which the driver wanted no interrupt.</summary>
    public required long InterruptsSuppressed { get; init; }
}
