namespace Virtio.Queues;

/// <summary>
/// Counters of one queue of a device since its transport was made; resets do not clear them. Except for <see cref="Errors"/>, only the
/// queue's own thread writes them, in plain fields, so that counting costs next to nothing. Any thread may read them, and may see slightly
/// old values.
/// </summary>
internal sealed class QueueCounters
{
    /// <summary>Well-formed chains that the device completed and that were returned to the driver.</summary>
    internal long Chains;

    /// <summary>The device-readable bytes of those chains, plus the bytes written to them.</summary>
    internal long Bytes;

    /// <summary>How often the worker was woken, counted only where the kicks bypass the transport and reach the signal directly.</summary>
    internal long Wakes;

    /// <summary>Those of the chains whose status says that the request failed. Incremented atomically by any thread.</summary>
    internal long Errors;

    /// <summary>Used buffer notifications that were sent.</summary>
    internal long InterruptsSent;

    /// <summary>Batches of completed chains for which the driver wanted no interrupt.</summary>
    internal long InterruptsSuppressed;

    /// <summary>Malformed chains, completed with length 0.</summary>
    internal long Malformed;
}
