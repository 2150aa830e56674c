using System.Diagnostics;

namespace Virtio.Bench.Kvm;

/// <summary>
/// Runs the suite on a machine with real KVM whose processor is emulated (eng/with-kvm), in a separate process, and takes over its results.
/// </summary>
internal static class EmulatedKvm
{
    private const int Attempts = 2;
    private const int LimitSeconds = 900;

    // Enough for the files in memory and two guests; unused memory is not allocated.
    private const int Megabytes = 6144;

    /// <summary>Whether this process runs on the emulated machine.</summary>
    internal static bool IsInside => Environment.GetEnvironmentVariable("VIRTIO_WITH_KVM_EMULATED") is not null;

    /// <summary>Fills the report with the results of the emulated machine.</summary>
    /// <param name="options">The options of the command line.</param>
    /// <param name="report">Receives the figures.</param>
    /// <param name="reason">Why this host's KVM is not used.</param>
    internal static void Run(BenchOptions options, Report report, string reason)
    {
        report.Note(
            Suites.Kvm,
            "Measured on a processor that QEMU emulated, with KVM inside: all times are that processor's. "
            + "Only quotients mean something, and counts.");
        Console.Error.WriteLine($"bench: {reason}; running where the processor is emulated");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("virtio-bench-");
        try
        {
            string results = Path.Combine(folder.FullName, "results.json");
            for (int attempt = 0; attempt < Attempts; attempt++)
            {
                int status = RunThere(options, results);
                if (File.Exists(results))
                    report.Take(ReportFile.Read(results));
                if (status == 0)
                    return;
                string outcome = attempt + 1 < Attempts ? " and was started once more" : "";
                report.Note(Suites.Kvm, $"The emulated machine ended with status {status}{outcome}.");
                File.Delete(results);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static int RunThere(BenchOptions options, string results)
    {
        string[] quick = options.Quick ? ["--quick"] : [];
        var start = new ProcessStartInfo(
            Path.Combine(Repository.Root, "eng", "with-kvm"),
            [Environment.ProcessPath!, Suites.Kvm, "--no-write", "--results", results, .. quick])
        {
            Environment =
            {
                ["VIRTIO_WITH_KVM_OUT"] = Path.GetDirectoryName(results),
                ["VIRTIO_WITH_KVM_LIMIT"] = $"{LimitSeconds}",
                ["VIRTIO_WITH_KVM_MEMORY"] = $"{Megabytes}",
            },
        };
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
