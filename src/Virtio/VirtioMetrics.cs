namespace Virtio;

/// <summary>
/// What transports count, for a <c>MeterListener</c>, OpenTelemetry or <c>dotnet-counters</c>. Each bus, and each server of a device to another machine, has a meter
/// of this name whose scope it is, and which goes with it; resets of a guest make nothing new. Counters have the tags <c>device</c> (its index on the bus),
/// <c>type</c> and <c>queue</c>: <c>virtio.queue.chains</c> and <c>virtio.queue.bytes</c> (well-formed chains that were completed, their device-readable bytes and
/// those written), <c>virtio.queue.errors</c> (those chains whose status says that the request failed), <c>virtio.queue.malformed</c>, <c>virtio.queue.kicks</c>
/// (notifications that reach the bus as writes to a register; where a hypervisor takes them, or another process sends them, the times that the queue's worker was
/// woken, which completions on other threads do as well), <c>virtio.queue.interrupts</c> and <c>virtio.queue.interrupts.suppressed</c> (those sent, and the batches
/// of completed chains for which the driver wanted none). <c>virtio.device.request.duration</c> (a histogram in seconds, without <c>queue</c>) goes from a chain's
/// being taken to its being completed, and is measured only while somebody listens.
/// </summary>
public static class VirtioMetrics
{
    /// <summary>The name of every meter.</summary>
    public const string MeterName = "Virtio";
}
