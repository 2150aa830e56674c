using Virtio.Bench.VhostUser;

namespace Virtio.Bench.Output;

/// <summary>The goals of a served disk, beside QEMU's daemon; the worst figure of all ring layouts counts.</summary>
internal static class VhostUserReach
{
    private const double WantedAtDepth = 1.5;

    internal static IEnumerable<string> Rows(Report report)
    {
        Result[] all = [.. report.Of(Suites.VhostUser).Where(result => result.Ratio is not null)];
        foreach (var same in all.Where(result => result.Unit == VhostUserBenchmark.Rate).GroupBy(result => result.Name))
        {
            double wanted = same.Key.Contains("depth 32", StringComparison.Ordinal) ? WantedAtDepth : 1;
            Result least = same.MinBy(result => result.Ratio)!;
            string goal = $"served, {same.Key}: {wanted} times QEMU's rate";
            yield return Row(goal, least, least.Ratio >= wanted, 1 - (least.Ratio!.Value / wanted));
        }

        foreach (var same in all.Where(result => result.Unit == VhostUserBenchmark.ProcessorTime).GroupBy(result => result.Name))
        {
            Result most = same.MaxBy(result => result.Ratio)!;
            string goal = $"served, {same.Key}: no more processor time a request than QEMU";
            yield return Row(goal, most, most.Ratio <= 1, most.Ratio!.Value - 1);
        }
    }

    private static string Row(string wanted, Result result, bool met, double missedBy) =>
        PerformancePage.Row(wanted, $"{TextTable.Number(result.Ratio!.Value)} times ({result.Subject})", met, missedBy);
}
