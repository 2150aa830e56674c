namespace Virtio;

/// <summary>
/// The metrics of transports, for a <c>MeterListener</c>, OpenTelemetry or <c>dotnet-counters</c>. Each bus, and each vhost-user server of
/// a device, has one meter of this name, with itself as the scope, and disposes the meter with itself. A guest's resets create no new
/// instruments. Counters have the tags <c>device</c> (its index on the bus), <c>type</c> and <c>queue</c>.
/// <list type="bullet">
/// <item><c>virtio.queue.chains</c>: well-formed chains that were completed.</item>
/// <item><c>virtio.queue.bytes</c>: the device-readable bytes of these chains plus the bytes written to them.</item>
/// <item><c>virtio.queue.errors</c>: those of these chains whose status says that the request failed.</item>
/// <item><c>virtio.queue.malformed</c>: malformed chains.</item>
/// <item>
/// <c>virtio.queue.kicks</c>: the driver's notifications that reach the bus as writes to a register. Where a hypervisor receives them or
/// another process sends them, it is how often the queue's worker was woken, which completions on other threads do as well.
/// </item>
/// <item><c>virtio.queue.interrupts</c>: interrupts that were sent.</item>
/// <item><c>virtio.queue.interrupts.suppressed</c>: batches of completed chains for which the driver wanted no interrupt.</item>
/// <item>
/// <c>virtio.device.request.duration</c>: a histogram in seconds, without the tag <c>queue</c>, of the time from taking a chain to
/// completing it. Measured only while a listener has enabled it.
/// </item>
/// </list>
/// </summary>
public static class VirtioMetrics
{
    /// <summary>The name of every meter.</summary>
    public const string MeterName = "Virtio";
}
