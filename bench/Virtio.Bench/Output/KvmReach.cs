using Virtio.Bench.Guests;
using Virtio.Bench.Kvm;

namespace Virtio.Bench.Output;

/// <summary>What is wanted of the stock kernel on KVM, beside QEMU, and whether it was reached.</summary>
internal static class KvmReach
{
    internal static IEnumerable<string> Rows(Report report)
    {
        foreach (FioJob job in FioJob.All)
        {
            if (report.Find(Suites.Kvm, job.Name, Report.Native)?.Ratio is { } rate)
                yield return PerformancePage.Row($"on KVM, {job.Name} by fio: QEMU's rate", $"{TextTable.Number(rate)} times", rate >= 1, 1 - rate);
            if (report.Find(Suites.Kvm, job.Name + KvmBenchmark.Exits, Report.Native)?.Ratio is { } exits)
                yield return PerformancePage.Row($"on KVM, {job.Name} by fio: no more exits than QEMU", $"{TextTable.Number(exits)} times", exits <= 1, exits - 1);
        }

        if (report.Find(Suites.Kvm, KvmBenchmark.Start, Report.Native)?.Ratio is { } start)
            yield return PerformancePage.Row("on KVM, the shell no later than in QEMU", $"{TextTable.Number(start)} times", start <= 1, start - 1);
    }
}
