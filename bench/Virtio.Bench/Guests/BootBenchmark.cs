namespace Virtio.Bench.Guests;

/// <summary>From the start of the process to the shell's prompt, and the memory spent by then; all machines in turn, round after round.</summary>
internal static class BootBenchmark
{
    internal const string Small = "shell, small initramfs, 512 MiB";
    internal const string Full = "shell, initramfs with fio, 1 GiB";
    internal const string ProcessorTime = "host's processor time, small initramfs, 512 MiB";
    internal const string Memory = "host's memory, without the guest's, small initramfs, 512 MiB";

    private const int SmallMemory = 512;
    private const int FullMemory = 1024;
    private const long DiskLength = 64 << 20;

    private static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(30);

    internal static void Run(BenchOptions options, Report report)
    {
        using var files = GuestFiles.Create();
        IReadOnlyList<GuestCommand> commands = GuestCommand.Find(Suites.Boot, report, Report.Native, Report.Jit, Report.Qemu);
        string disk = files.CreateDisk("disk", DiskLength, marked: false);
        Prepare(commands, files, disk);
        var times = new Rounds(Suites.Boot, commands.Select(command => command.Subject));
        var fullTimes = new Rounds(Suites.Boot, commands.Select(command => command.Subject));
        var processorTimes = new Rounds(Suites.Boot, commands.Select(command => command.Subject));
        var memory = new Rounds(Suites.Boot, commands.Select(command => command.Subject));
        var clock = new Clock(options.Quick ? 40 : 200);
        for (int round = 0; round < (options.Quick ? 3 : 11) && clock.HasTimeFor(round); round++)
        {
            foreach (GuestCommand command in commands)
            {
                Boot? small = Try(command, files, files.SmallInitrd, SmallMemory, disk, report);
                times.Add(command.Subject, small?.Seconds);
                processorTimes.Add(command.Subject, small?.ProcessorSeconds);
                memory.Add(command.Subject, small?.Megabytes);
                fullTimes.Add(command.Subject, Try(command, files, files.FullInitrd, FullMemory, disk, report)?.Seconds);
            }
        }

        times.Report(report, Small, "s", moreIsBetter: false);
        processorTimes.Report(report, ProcessorTime, "s", moreIsBetter: false);
        fullTimes.Report(report, Full, "s", moreIsBetter: false);
        memory.Report(report, Memory, "MiB", moreIsBetter: false);
    }

    /// <summary>The first boot gives the disk its file system, which the measured ones mount; and the programs are in the host's cache afterwards.</summary>
    private static void Prepare(IReadOnlyList<GuestCommand> commands, GuestFiles files, string disk)
    {
        bool formatted = false;
        foreach (GuestCommand command in commands)
        {
            string target = formatted ? GuestFiles.Copy(disk) : disk;
            using var guest = GuestProcess.Start(command.Program, command.Arguments(files, files.SmallInitrd, SmallMemory, target));
            if (guest.ReadUntil(GuestCommand.Prompt, BootLimit) is null)
                continue;
            guest.Send("sync; poweroff\n");
            formatted |= guest.ReadUntil("\0", BootLimit) is null;
        }
    }

    private static Boot? Try(GuestCommand command, GuestFiles files, string initrd, int megabytes, string disk, Report report)
    {
        for (int attempt = 0; attempt < 3; attempt++)
        {
            using var guest = GuestProcess.Start(command.Program, command.Arguments(files, initrd, megabytes, GuestFiles.Copy(disk)));
            string? console = guest.ReadUntil(GuestCommand.Prompt, BootLimit);
            double seconds = guest.Elapsed.TotalSeconds;
            if (console is not null)
                return new Boot(seconds, guest.ProcessorTime.TotalSeconds, ResidentMemory.BesideGuest(guest.Id, (long)megabytes << 20, ResidentMemory.Linux) / (1024.0 * 1024));
            report.Note(Suites.Boot, $"A run of {command.Subject} had no prompt within {BootLimit.TotalSeconds} s and was repeated. {guest.Errors}".TrimEnd());
        }

        return null;
    }

    private sealed record Boot(double Seconds, double ProcessorSeconds, double? Megabytes);
}
