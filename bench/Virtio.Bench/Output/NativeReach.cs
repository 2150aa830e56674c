using Virtio.Bench.Native;

namespace Virtio.Bench.Output;

/// <summary>The goals of a disk at native speed, beside QEMU, and whether they were reached.</summary>
internal static class NativeReach
{
    private const double IdlePercent = 1;

    private static readonly (string Name, double Wanted)[] Wanted =
    [
        (NativeBenchmark.Read1, 5),
        (NativeBenchmark.Read32, 2.5),
        (NativeBenchmark.Write32, 3),
        (NativeBenchmark.Sequential8, 2),
        (NativeBenchmark.Read32 + NativeBenchmark.NullDisk, 2),
    ];

    internal static IEnumerable<string> Rows(Report report)
    {
        foreach ((string name, double wanted) in Wanted)
        {
            foreach (string subject in (string[])[Report.Native, Report.Mapped])
            {
                if (report.Find(Suites.Native, name, subject)?.Ratio is { } ratio)
                {
                    string goal = $"on KVM, {name}: {wanted} times QEMU's rate ({subject})";
                    yield return PerformancePage.Row(goal, $"{TextTable.Number(ratio)} times", ratio >= wanted, 1 - (ratio / wanted));
                }
            }
        }

        if (report.Find(Suites.Native, NativeStart.Idle, Report.Native) is { } idle)
        {
            string goal = $"an idle machine takes less than {IdlePercent} % of a processor";
            yield return PerformancePage.Row(goal, $"{TextTable.Number(idle.Median)} %", idle.Median < IdlePercent);
        }
    }
}
