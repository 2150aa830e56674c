namespace Virtio.Bench.Guests;

/// <summary>The result of one run of fio.</summary>
/// <param name="Figure">The job's figure.</param>
/// <param name="Requests">The number of requests.</param>
/// <param name="Counts">KVM's counts during the run, by their names; empty if there is no KVM, or if its counts may not be read.</param>
internal sealed record FioRun(double Figure, long Requests, IReadOnlyDictionary<string, long> Counts);
