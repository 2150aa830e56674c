namespace Virtio.Bench.VhostUser;

/// <summary>The result of a job.</summary>
/// <param name="Latencies">The durations of the requests.</param>
/// <param name="Seconds">The duration of the job.</param>
/// <param name="Kicks">The number of notifications of the device.</param>
/// <param name="Sleeps">The number of times the driver slept.</param>
/// <param name="Failures">The number of requests that failed or read wrong data.</param>
internal sealed record Load(Latencies Latencies, double Seconds, long Kicks, long Sleeps, long Failures);
