using Virtio.Bench.Guests;
using Virtio.Kvm;
using Virtio.Vmm;

namespace Virtio.Bench.Kvm;

/// <summary>
/// The stock kernel on KVM beside QEMU's microvm: time from the start of the process to the shell, memory at that point, and a disk as the
/// guest's fio sees it, with the exits it costs.
/// If this host's KVM is not real, the suite runs on a machine with real KVM and an emulated processor.
/// </summary>
internal static class KvmBenchmark
{
    internal const string Start = "shell, small initramfs, 512 MiB";
    internal const string Memory = "host's memory, without the guest's, 512 MiB";
    internal const string Exits = ", exits";

    private const int StartMemory = 512;

    private static readonly (string Counter, string Unit)[] Kinds =
    [
        ("exits", "exits/request"),
        ("mmio_exits", "register accesses/request"),
        ("halt_exits", "halts/request"),
        ("irq_injections", "interrupts/request"),
    ];

    internal static void Run(BenchOptions options, Report report)
    {
        if (KvmProbe.Run() is { IsUsable: false } probe && !EmulatedKvm.IsInside)
        {
            EmulatedKvm.Run(options, report, probe.Reason);
            return;
        }

        using var files = GuestFiles.Create(MicroVmMachine.Kvm);
        IReadOnlyList<GuestCommand> commands =
            GuestCommand.Present(Suites.Kvm, report, new VirtioCommand(Report.Native, Repository.NativeCommand, "kvm"), new QemuMicrovm());
        MeasureStart(options, files, commands, report);
        options.Save(report);
        MeasureDisk(options, files, commands, report);
        options.Save(report);
    }

    // An emulated processor takes about ten times as long for everything.
    private static TimeSpan BootLimit => TimeSpan.FromSeconds(EmulatedKvm.IsInside ? 60 : 20);

    private static void MeasureStart(BenchOptions options, GuestFiles files, IReadOnlyList<GuestCommand> commands, Report report)
    {
        string[] subjects = [.. commands.Select(command => command.Subject)];
        var times = new Rounds(Suites.Kvm, subjects);
        var memory = new Rounds(Suites.Kvm, subjects);
        var boots = new GuestBoots(Suites.Kvm, files, BootLimit, report);
        boots.Prepare(commands, StartMemory);
        var clock = new Clock(options.Quick ? 30 : 120);
        for (int round = 0; round < (options.Quick ? 3 : 9) && clock.HasTimeFor(round); round++)
        {
            foreach (GuestCommand command in commands)
            {
                GuestBoot? boot = boots.Try(command, files.SmallInitrd, StartMemory);
                times.Add(command.Subject, boot?.Seconds);
                memory.Add(command.Subject, boot?.Megabytes);
            }
        }

        times.Report(report, Start, "s", moreIsBetter: false);
        memory.Report(report, Memory, "MiB", moreIsBetter: false);
    }

    private static void MeasureDisk(BenchOptions options, GuestFiles files, IReadOnlyList<GuestCommand> commands, Report report)
    {
        string[] subjects = [.. commands.Select(command => command.Subject)];
        Dictionary<FioJob, Rounds> figures = FioJob.All.ToDictionary(job => job, _ => new Rounds(Suites.Kvm, subjects));
        Dictionary<(FioJob, string), Rounds> counts = FioJob.All
            .SelectMany(job => Kinds.Select(kind => (job, kind.Counter)))
            .ToDictionary(key => key, _ => new Rounds(Suites.Kvm, subjects));
        new FioRounds(Suites.Kvm, files, BootLimit, report).Run(
            commands,
            seconds: EmulatedKvm.IsInside ? 4 : options.Quick ? 1 : 3,
            rounds: options.Quick ? 1 : 5,
            new Clock(options.Quick ? 60 : 240),
            (job, subject, run) =>
            {
                figures[job].Add(subject, run?.Figure);
                foreach ((string counter, _) in Kinds)
                {
                    bool isCounted = run is not null && run.Counts.ContainsKey(counter);
                    counts[(job, counter)].Add(subject, isCounted ? run!.Counts[counter] / (double)run.Requests : null);
                }
            });
        foreach ((FioJob job, Rounds rounds) in figures)
        {
            rounds.Report(report, job.Name, job.Unit, moreIsBetter: true);
            foreach ((string counter, string unit) in Kinds)
                counts[(job, counter)].Report(report, job.Name + Exits, unit, moreIsBetter: false);
        }
    }
}
