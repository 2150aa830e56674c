using Virtio.Vmm;

namespace Virtio.Bench.Guests;

/// <summary>
/// Time from the start of the process to the shell's prompt, and memory at that point; all machines in turn, round after round.
/// </summary>
internal static class BootBenchmark
{
    internal const string Small = "shell, small initramfs, 512 MiB";
    internal const string Full = "shell, initramfs with fio, 1 GiB";
    internal const string ProcessorTime = "host's processor time, small initramfs, 512 MiB";
    internal const string Memory = "host's memory, without the guest's, small initramfs, 512 MiB";

    private const int SmallMemory = 512;
    private const int FullMemory = 1024;

    private static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(30);

    internal static void Run(BenchOptions options, Report report)
    {
        using var files = GuestFiles.Create(MicroVmMachine.Software);
        IReadOnlyList<GuestCommand> commands = GuestCommand.Present(
            Suites.Boot,
            report,
            new VirtioCommand(Report.Native, Repository.NativeCommand, "software"),
            new VirtioCommand(Report.Jit, Repository.JitCommand, "software"),
            new QemuVirt());
        var boots = new GuestBoots(Suites.Boot, files, BootLimit, report);
        boots.Prepare(commands, SmallMemory);
        string[] subjects = [.. commands.Select(command => command.Subject)];
        var times = new Rounds(Suites.Boot, subjects);
        var fullTimes = new Rounds(Suites.Boot, subjects);
        var processorTimes = new Rounds(Suites.Boot, subjects);
        var memory = new Rounds(Suites.Boot, subjects);
        var clock = new Clock(options.Quick ? 40 : 200);
        for (int round = 0; round < (options.Quick ? 3 : 11) && clock.HasTimeFor(round); round++)
        {
            foreach (GuestCommand command in commands)
            {
                GuestBoot? small = boots.Try(command, files.SmallInitrd, SmallMemory);
                times.Add(command.Subject, small?.Seconds);
                processorTimes.Add(command.Subject, small?.ProcessorSeconds);
                memory.Add(command.Subject, small?.Megabytes);
                fullTimes.Add(command.Subject, boots.Try(command, files.FullInitrd, FullMemory)?.Seconds);
            }
        }

        times.Report(report, Small, "s", moreIsBetter: false);
        processorTimes.Report(report, ProcessorTime, "s", moreIsBetter: false);
        fullTimes.Report(report, Full, "s", moreIsBetter: false);
        memory.Report(report, Memory, "MiB", moreIsBetter: false);
    }
}
