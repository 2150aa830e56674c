using Virtio.Bench.Guests;
using Virtio.Bench.Kvm;

namespace Virtio.Bench.Output;

/// <summary>The goals of the stock kernel on KVM, beside QEMU, and whether they were reached.</summary>
internal static class KvmReach
{
    internal static IEnumerable<string> Rows(Report report)
    {
        foreach (FioJob job in FioJob.All)
        {
            if (report.Find(Suites.Kvm, job.Name, Report.Native)?.Ratio is { } rate)
            {
                string wanted = $"on KVM, {job.Name} by fio: QEMU's rate";
                yield return PerformancePage.Row(wanted, $"{TextTable.Number(rate)} times", rate >= 1, 1 - rate);
            }

            if (report.Find(Suites.Kvm, job.Name + KvmBenchmark.Exits, Report.Native)?.Ratio is { } exits)
            {
                string wanted = $"on KVM, {job.Name} by fio: no more exits than QEMU";
                yield return PerformancePage.Row(wanted, $"{TextTable.Number(exits)} times", exits <= 1, exits - 1);
            }
        }

        if (report.Find(Suites.Kvm, KvmBenchmark.Start, Report.Native)?.Ratio is { } start)
        {
            string measured = $"{TextTable.Number(start)} times";
            yield return PerformancePage.Row("on KVM, the shell no later than in QEMU", measured, start <= 1, start - 1);
        }
    }
}
