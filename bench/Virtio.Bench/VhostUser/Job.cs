namespace Virtio.Bench.VhostUser;

/// <summary>What a driver asks of a disk.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Length">Bytes of each read.</param>
/// <param name="Queues">Number of queues.</param>
/// <param name="Depth">Requests under way in each of them.</param>
/// <param name="IsSequential">One read after another, or anywhere.</param>
/// <param name="Sleeps">Whether the driver sleeps until it is interrupted, or looks by itself.</param>
internal sealed record Job(string Name, int Length, int Queues, int Depth, bool IsSequential, bool Sleeps)
{
    internal const string Read1 = "4 KiB random read, depth 1";
    internal const string Read32 = "4 KiB random read, depth 32";
    internal const string Read4By32 = "4 KiB random read, 4 queues, depth 32";
    internal const string Sequential8 = "128 KiB sequential read, depth 8";
    internal const string Polled = ", polled";

    internal static IReadOnlyList<Job> All { get; } =
    [
        new(Read1, 4 << 10, 1, 1, false, true),
        new(Read32, 4 << 10, 1, 32, false, true),
        new(Read4By32, 4 << 10, 4, 32, false, true),
        new(Sequential8, 128 << 10, 1, 8, true, true),
        new(Read1 + Polled, 4 << 10, 1, 1, false, false),
        new(Read32 + Polled, 4 << 10, 1, 32, false, false),
    ];
}
