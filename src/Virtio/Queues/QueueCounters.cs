namespace Virtio.Queues;

/// <summary>
/// What happened in one queue of a device since its transport was made, through every reset. The queue's own thread counts, in plain fields, so that it costs
/// nothing to speak of; anybody may read them, a moment late.
/// </summary>
internal sealed class QueueCounters
{
    /// <summary>Well-formed chains that the device completed and the driver got back.</summary>
    internal long Chains;

    /// <summary>Their device-readable bytes and those written to them.</summary>
    internal long Bytes;

    /// <summary>Times the worker was woken, where only a hypervisor sees the kicks.</summary>
    internal long Wakes;

    /// <summary>Chains among them whose status says that the request failed. Counted by any thread.</summary>
    internal long Errors;

    internal long InterruptsSent;
    internal long InterruptsSuppressed;
    internal long Malformed;
}
