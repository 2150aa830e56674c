using Virtio.Vmm;

namespace Virtio.Bench.Guests;

/// <summary>A disk as the guest's own fio sees it; each machine has the same raw file in memory.</summary>
internal static class FioBenchmark
{
    private static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(60);

    internal static void Run(BenchOptions options, Report report)
    {
        using var files = GuestFiles.Create(MicroVmMachine.Software);
        IReadOnlyList<GuestCommand> commands = GuestCommand.Present(
            Suites.Fio,
            report,
            new VirtioCommand(Report.Native, Repository.NativeCommand, "software"),
            new QemuVirt());
        string[] subjects = [.. commands.Select(command => command.Subject)];
        Dictionary<FioJob, Rounds> all = FioJob.All.ToDictionary(job => job, _ => new Rounds(Suites.Fio, subjects));
        new FioRounds(Suites.Fio, files, BootLimit, report).Run(
            commands,
            seconds: options.Quick ? 1 : 3,
            rounds: options.Quick ? 2 : 5,
            new Clock(options.Quick ? 40 : 200),
            (job, subject, run) => all[job].Add(subject, run?.Figure));
        foreach ((FioJob job, Rounds rounds) in all)
            rounds.Report(report, job.Name, job.Unit, moreIsBetter: true);
    }
}
