using System.Runtime.Versioning;
using Virtio.Bench.Guests;
using Virtio.Bench.Native;

namespace Virtio.Bench.VhostUser;

/// <summary>
/// A disk behind vhost-user, driven by this program in place of a guest: `virtio serve block` beside qemu-storage-daemon, on a file in
/// memory and on a disk that does nothing, round after round.
/// </summary>
internal static class VhostUserBenchmark
{
    internal const string Rate = "requests/s";
    internal const string Median = "p50, us";
    internal const string Late = "p99, us";
    internal const string ProcessorTime = "CPU s/million";
    internal const string NullDisk = ", no storage";

    internal const string Split = "virtio, split";
    internal const string Packed = "virtio, packed";
    internal const string SplitInflight = "virtio, split, in flight kept";
    internal const string PackedInflight = "virtio, packed, in flight kept";

    private const long DiskLength = 1L << 30;

    private static readonly (string Unit, bool MoreIsBetter)[] Units =
        [(Rate, true), (Median, false), (Late, false), (ProcessorTime, false)];

    private static readonly Dictionary<string, DriverKind> Kinds = new()
    {
        [Report.Qemu] = new(false, false),
        [Split] = new(false, false),
        [Packed] = new(true, false),
        [SplitInflight] = new(false, true),
        [PackedInflight] = new(true, true),
    };

    internal static void Run(BenchOptions options, Report report)
    {
        if (!OperatingSystem.IsLinux())
        {
            report.Note(Suites.VhostUser, "Nothing was measured: vhost-user needs Linux.");
            return;
        }

        string[] programs = [Backend.QemuProgram, Repository.NativeCommand, Repository.NativeHost];
        if (programs.FirstOrDefault(program => !File.Exists(program)) is { } missing)
        {
            report.Note(Suites.VhostUser, $"Nothing was measured: there is no {missing}.");
            return;
        }

        using var files = new NativeFiles();
        files.CreateDisk(DiskLength);
        Measure(files, options, report, files.Disk);
        Measure(files, options, report, disk: null);
    }

    [SupportedOSPlatform("linux")]
    private static void Measure(NativeFiles files, BenchOptions options, Report report, string? disk)
    {
        using Backend qemu = Backend.StartQemu(files.Socket($"qemu{disk is null}"), disk);
        using Backend ours = Backend.StartVirtio(files.Socket($"virtio{disk is null}"), disk);
        IReadOnlyList<Job> jobs = disk is null ? Job.Reads : [.. Job.Reads, .. Job.Writes];
        Dictionary<(Job, string), Rounds> all = jobs
            .SelectMany(job => Units, (job, unit) => (job, unit.Unit))
            .ToDictionary(key => key, _ => new Rounds(Suites.VhostUser, Kinds.Keys));
        var clock = new Clock(options.Quick ? 60 : 300);
        for (int round = 0; round < (options.Quick ? 2 : 9) && clock.HasTimeFor(round); round++)
        {
            foreach (Job job in jobs)
            {
                foreach ((string name, DriverKind kind) in Kinds)
                {
                    double[]? figures = Measure(name == Report.Qemu ? qemu : ours, kind, job, options.Quick, disk is not null, reason =>
                        report.Note(Suites.VhostUser, $"{job.Name}: a run of {name} was left out. {reason}"));
                    for (int i = 0; i < Units.Length; i++)
                        all[(job, Units[i].Unit)].Add(name, figures?[i]);
                }
            }
        }

        foreach (Job job in jobs)
        {
            foreach ((string unit, bool moreIsBetter) in Units)
                all[(job, unit)].Report(report, disk is null ? job.Name + NullDisk : job.Name, unit, moreIsBetter);
        }
    }

    /// <summary>The figures, in the order of <see cref="Units"/>; null if there are none.</summary>
    [SupportedOSPlatform("linux")]
    private static double[]? Measure(Backend backend, DriverKind kind, Job job, bool quick, bool verifies, Action<string> leftOut)
    {
        try
        {
            using var driver = new BlockDriver(backend.SocketFor(job.Access), kind, job, Math.Min(DiskLength, Backend.NullLength));
            driver.Run(TimeSpan.FromMilliseconds(quick ? 50 : 200), verifies);
            TimeSpan before = backend.ProcessorTime;
            Load load = driver.Run(TimeSpan.FromMilliseconds(quick ? 300 : 500), verifies: false);
            TimeSpan used = backend.ProcessorTime - before;
            if (load.Failures > 0)
            {
                leftOut($"{load.Failures} requests failed or gave wrong data.");
                return null;
            }

            long count = load.Latencies.Count;
            return [count / load.Seconds, load.Latencies.Quantile(0.5), load.Latencies.Quantile(0.99), used.TotalSeconds * 1e6 / count];
        }
        catch (Exception e) when (e is IOException or TimeoutException or InvalidOperationException)
        {
            leftOut($"{e.Message} {backend.LastError}".TrimEnd());
            return null;
        }
    }
}
