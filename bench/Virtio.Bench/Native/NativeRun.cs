using System.Globalization;
using Virtio.Bench.Guests;

namespace Virtio.Bench.Native;

/// <summary>The output of one run of the guest, with ticks converted to time.</summary>
internal sealed class NativeRun
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, Dictionary<string, double>> _jobs = [];
    private readonly double _ticksPerSecond;

    private NativeRun(string text, TimeSpan duration)
    {
        double first = 0, last = 0;
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] words = line.Split(' ');
            if (words[0] == "start")
                first = Number(words, 1)["ticks"];
            else if (words[0] == "end")
                last = Number(words, 1)["ticks"];
            else if (words[0] == "job")
                _jobs[words[1]] = Number(words, 2);
        }

        _ticksPerSecond = (last - first) / duration.TotalSeconds;
    }

    /// <summary>Runs the guest to its end; null, and a note, if it does not end or reads wrong data.</summary>
    internal static NativeRun? Try(NativeSubject subject, NativeFiles files, string parameters, Report report)
    {
        using GuestProcess guest = subject.Start(files, parameters);
        string? start = guest.ReadUntil("sectors", Limit);
        TimeSpan from = guest.Elapsed;
        string? rest = start is null ? null : guest.ReadUntil("done", Limit);
        TimeSpan duration = guest.Elapsed - from;
        if (rest is null)
        {
            report.Note(Suites.Native, $"A run of {subject.Name} did not come to its end and was left out. {guest.Errors}".TrimEnd());
            return null;
        }

        var run = new NativeRun(start + rest, duration);
        if (run._jobs.Values.All(job => job["failures"] == 0 && job["mismatches"] == 0))
            return run;
        report.Note(Suites.Native, $"A run of {subject.Name} failed requests or gave wrong data and was left out.");
        return null;
    }

    internal double PerSecond(string job) => _jobs[job]["requests"] * _ticksPerSecond / _jobs[job]["ticks"];

    internal double NotificationsPerThousand(string job) => 1000 * _jobs[job]["notifications"] / _jobs[job]["requests"];

    /// <summary>A quantile of the step times of a job, in microseconds.</summary>
    internal double Microseconds(string job, string quantile) => _jobs[job][quantile] * 1e6 / _ticksPerSecond;

    private static Dictionary<string, double> Number(string[] words, int from)
    {
        Dictionary<string, double> numbers = [];
        for (int i = from; i + 1 < words.Length; i += 2)
            numbers[words[i]] = double.Parse(words[i + 1], CultureInfo.InvariantCulture);
        return numbers;
    }
}
