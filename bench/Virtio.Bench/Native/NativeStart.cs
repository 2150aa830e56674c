using System.Globalization;
using Virtio.Bench.Guests;

namespace Virtio.Bench.Native;

/// <summary>
/// The costs of a machine besides its disk:
/// the time from its start to the guest's first output, its memory, and the work while its guest is idle.
/// </summary>
internal static class NativeStart
{
    internal const string Idle = "processor time of an idle machine, without the guest's";
    internal const string Memory = "host's memory, without the guest's";

    private const string Ready = "processor time until the guest's first instruction";
    private const string FirstWords = "from the process's start to the guest's first line";
    private const string ProcessorTime = "processor time until the guest's first line";
    private const string ReadyMark = "ready after ";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    // The offset of the guest's first code in its file.
    private const long EntryOffset = 0x1000;

    internal static void Measure(NativeFiles files, BenchOptions options, Report report)
    {
        string[] subjects = [Report.Native, Report.Qemu];
        var ready = new Rounds(Suites.Native, [Report.Native]);
        Dictionary<string, Rounds> all = ((string[])[FirstWords, ProcessorTime, Memory, Idle])
            .ToDictionary(name => name, _ => new Rounds(Suites.Native, subjects));
        var clock = new Clock(options.Quick ? 15 : 60);
        for (int round = 0; round < (options.Quick ? 3 : 9) && clock.HasTimeFor(round); round++)
        {
            foreach (string name in subjects)
            {
                using GuestProcess guest = new NativeSubject(name, HasFile: true).Start(files, "jobs=idle ticks=3000000000");
                if (guest.ReadUntil("start", Limit) is null)
                    continue;
                all[FirstWords].Add(name, guest.Elapsed.TotalMilliseconds);
                all[ProcessorTime].Add(name, Used(guest.Id, _ => true) / 1e6);
                if (guest.ReadUntil("idle begins", Limit) is null)
                    continue;
                all[Idle].Add(name, IdlePercent(guest));
                all[Memory].Add(name, Megabytes(guest, files));
                if (name == Report.Native)
                    ready.Add(name, ReadyMilliseconds(guest));
            }
        }

        ready.Report(report, Ready, "ms", moreIsBetter: false);
        all[FirstWords].Report(report, FirstWords, "ms", moreIsBetter: false);
        all[ProcessorTime].Report(report, ProcessorTime, "ms", moreIsBetter: false);
        all[Memory].Report(report, Memory, "MiB", moreIsBetter: false);
        all[Idle].Report(report, Idle, "%", moreIsBetter: false);
    }

    private static double IdlePercent(GuestProcess guest)
    {
        TimeSpan from = guest.Elapsed;
        long used = Used(guest.Id, IsNoProcessor);
        Thread.Sleep(500);
        return (Used(guest.Id, IsNoProcessor) - used) / (guest.Elapsed - from).TotalNanoseconds * 100;
    }

    // The names of the threads that run a guest's processor, here and in QEMU.
    private static bool IsNoProcessor(string thread) =>
        !thread.StartsWith("kvm-vcpu-", StringComparison.Ordinal) && !thread.EndsWith("/KVM\n", StringComparison.Ordinal);

    /// <summary>Nanoseconds of processor time that threads have used, by their names (proc(5), schedstat).</summary>
    private static long Used(int process, Func<string, bool> isCounted) => Directory.EnumerateDirectories($"/proc/{process}/task")
        .Where(task => isCounted(File.ReadAllText($"{task}/comm")))
        .Sum(task => long.Parse(File.ReadAllText($"{task}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture));

    /// <summary>The time that the host's program prints at its end.</summary>
    private static double? ReadyMilliseconds(GuestProcess guest)
    {
        guest.ReadUntil("\0", Limit);
        string errors = guest.FinalErrors();
        int at = errors.IndexOf(ReadyMark, StringComparison.Ordinal);
        return at < 0 ? null : double.Parse(errors[(at + ReadyMark.Length)..].Split(' ')[0], CultureInfo.InvariantCulture);
    }

    private static double? Megabytes(GuestProcess guest, NativeFiles files)
    {
        byte[] code = new byte[16];
        using (FileStream kernel = File.OpenRead(files.Kernel))
        {
            kernel.Position = EntryOffset;
            kernel.ReadExactly(code);
        }

        return ResidentMemory.BesideGuest(guest.Id, (long)NativeSubject.Megabytes << 20, new GuestSignature(0, code)) / (1024.0 * 1024);
    }
}
