using Virtio.Bench.Guests;

namespace Virtio.Bench.Native;

/// <summary>
/// A disk at native speed: a bare-metal guest on KVM drives it through a packed ring that both sides poll. The disk is a file in memory, or
/// does nothing. QEMU's microvm is measured beside it, round after round.
/// </summary>
internal static class NativeBenchmark
{
    internal const string Read1 = "4 KiB random read, depth 1";
    internal const string Read32 = "4 KiB random read, depth 32";
    internal const string Write32 = "4 KiB random write, depth 32";
    internal const string Sequential8 = "128 KiB sequential read, depth 8";
    internal const string NullDisk = ", no storage";

    private const long DiskLength = 1L << 30;

    private static readonly (string Job, string Name)[] Jobs =
        [("read-1", Read1), ("read-32", Read32), ("write-32", Write32), ("sequential-8", Sequential8)];

    private static readonly (string Job, string Quantile, string Name)[] Steps =
    [
        ("read-1", "p50", "a read at depth 1, median"),
        ("read-1", "p99", "a read at depth 1, 99 of 100"),
        ("wake", "p50", "a read by a worker that sleeps, median"),
        ("notify", "p50", "a notification, median"),
        ("exit", "p50", "a register read, median"),
    ];

    internal static void Run(BenchOptions options, Report report)
    {
        if (Missing() is { } missing)
        {
            report.Note(Suites.Native, $"Nothing was measured: {missing}.");
            return;
        }

        using var files = new NativeFiles();
        if (files.Compile() is { } reason)
        {
            report.Note(Suites.Native, reason);
            return;
        }

        files.CreateDisk(DiskLength);
        MeasureDisk(files, options, report, hasFile: true, [Report.Native, Report.Mapped, Report.Qemu]);
        MeasureDisk(files, options, report, hasFile: false, [Report.Native, Report.Qemu]);
        NativeStart.Measure(files, options, report);
    }

    private static string? Missing()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/dev/kvm"))
            return "there is no /dev/kvm";
        return File.Exists(Repository.NativeHost) ? null : $"there is no {Repository.NativeHost}";
    }

    private static void MeasureDisk(NativeFiles files, BenchOptions options, Report report, bool hasFile, string[] subjects)
    {
        string suffix = hasFile ? "" : NullDisk;
        Dictionary<string, Rounds> rates = Jobs.ToDictionary(job => job.Job, _ => new Rounds(Suites.Native, subjects));
        Dictionary<string, Rounds> notifications = Jobs.ToDictionary(job => job.Job, _ => new Rounds(Suites.Native, subjects));
        Dictionary<string, Rounds> steps = Steps.ToDictionary(step => step.Name, _ => new Rounds(Suites.Native, subjects));
        var clock = new Clock(options.Quick ? 20 : 150);
        string duration = options.Quick ? "200000000" : "1000000000";
        string parameters =
            $"jobs=read-1,read-32,write-32,sequential-8,wake,notify,exit ticks={duration} stamped={(hasFile ? 1 : 0)}";
        for (int round = 0; round < (options.Quick ? 3 : 9) && clock.HasTimeFor(round); round++)
        {
            foreach (string name in subjects)
            {
                NativeRun? run = NativeRun.Try(new NativeSubject(name, hasFile), files, parameters, report);
                foreach ((string job, _) in Jobs)
                {
                    rates[job].Add(name, run?.PerSecond(job));
                    notifications[job].Add(name, run?.NotificationsPerThousand(job));
                }

                foreach ((string job, string quantile, string step) in Steps)
                    steps[step].Add(name, run?.Microseconds(job, quantile));
            }
        }

        foreach ((string job, string name) in Jobs)
        {
            rates[job].Report(report, name + suffix, "per second", moreIsBetter: true);
            notifications[job].Report(report, name + suffix, "notifications/1000", moreIsBetter: false);
        }

        foreach ((_, _, string name) in Steps)
            steps[name].Report(report, name + suffix, "us", moreIsBetter: false);
    }
}
