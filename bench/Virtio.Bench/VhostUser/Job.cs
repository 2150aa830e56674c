namespace Virtio.Bench.VhostUser;

/// <summary>A driver's load on a disk.</summary>
/// <param name="Name">Its name in the report.</param>
/// <param name="Length">Bytes of each request.</param>
/// <param name="Queues">Number of queues.</param>
/// <param name="Depth">Requests in flight in each queue.</param>
/// <param name="IsSequential">Whether the requests are sequential; otherwise they are random.</param>
/// <param name="Sleeps">Whether the driver sleeps until an interrupt; otherwise it polls.</param>
/// <param name="Access">The kind of requests.</param>
internal sealed record Job(string Name, int Length, int Queues, int Depth, bool IsSequential, bool Sleeps, Access Access = Access.Read)
{
    private const int Page = 4 << 10;

    internal const string Read1 = "4 KiB random read, depth 1";
    internal const string Read32 = "4 KiB random read, depth 32";
    internal const string Read4By32 = "4 KiB random read, 4 queues, depth 32";
    internal const string Sequential8 = "128 KiB sequential read, depth 8";
    internal const string Polled = ", polled";

    /// <summary>The jobs for any disk.</summary>
    internal static IReadOnlyList<Job> Reads { get; } =
    [
        new(Read1, 4 << 10, 1, 1, false, true),
        new(Read32, 4 << 10, 1, 32, false, true),
        new(Read4By32, 4 << 10, 4, 32, false, true),
        new(Sequential8, 128 << 10, 1, 8, true, true),
        new(Read1 + Polled, 4 << 10, 1, 1, false, false),
        new(Read32 + Polled, 4 << 10, 1, 32, false, false),
    ];

    /// <summary>The jobs for a disk in a file.</summary>
    internal static IReadOnlyList<Job> Writes { get; } =
        [.. WritesOf("write-back", Access.WriteBack), .. WritesOf("write-through", Access.WriteThrough)];

    private static IEnumerable<Job> WritesOf(string cache, Access access) =>
    [
        new($"4 KiB random write, {cache}, depth 1", Page, 1, 1, false, true, access),
        new($"4 KiB random write, {cache}, depth 32", Page, 1, 32, false, true, access),
        new($"4 KiB random write, {cache}, 4 queues, depth 32", Page, 4, 32, false, true, access),
    ];
}
