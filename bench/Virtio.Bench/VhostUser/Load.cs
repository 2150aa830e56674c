namespace Virtio.Bench.VhostUser;

/// <summary>What a job came to.</summary>
/// <param name="Latencies">Of each request.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Kicks">How often the device was told.</param>
/// <param name="Sleeps">How often the driver slept.</param>
/// <param name="Failures">Requests that failed, or read wrong data.</param>
internal sealed record Load(Latencies Latencies, double Seconds, long Kicks, long Sleeps, long Failures);
