namespace Virtio.Bench.Guests;

/// <summary>What one run of fio gave.</summary>
/// <param name="Figure">The job's figure.</param>
/// <param name="Requests">How many requests there were.</param>
/// <param name="Counts">What KVM counted meanwhile, by its own names; empty where there is none, or its counts may not be read.</param>
internal sealed record FioRun(double Figure, long Requests, IReadOnlyDictionary<string, long> Counts);
