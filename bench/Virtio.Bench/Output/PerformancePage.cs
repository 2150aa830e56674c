using System.Runtime.InteropServices;
using Virtio.Bench.Guests;
using Virtio.Bench.Processor;

namespace Virtio.Bench.Output;

/// <summary>
/// <c>docs/performance.md</c>: prose written by hand, and measured figures between marks. Only the figures of suites that ran are replaced;
/// the picture needs all suites.
/// </summary>
internal sealed class PerformancePage(Report report, BenchOptions options)
{
    private const double WantedRate = 150;
    private const double WantedBootRatio = 3;

    internal void Write()
    {
        string path = Path.Combine(Repository.Docs, "performance.md");
        string page = File.ReadAllText(path);
        foreach (string suite in options.Suites)
            page = Replace(page, suite, $"{TextTable.Markdown(report.Of(suite))}{Notes(report.NotesOf(suite))}");
        if (Suites.All.All(options.Suites.Contains))
        {
            page = Replace(page, "run", $"{Machine()}\n");
            page = Replace(page, "reach", $"| wanted | measured |\n| --- | --- |\n{string.Join('\n', Reach())}\n");
            new Picture(report).Save(Path.Combine(Repository.Docs, "performance.png"));
        }

        File.WriteAllText(path, page);
        Console.Error.WriteLine($"bench: wrote {path}");
    }

    private static string Replace(string page, string name, string content)
    {
        string begin = $"<!-- bench:{name} -->\n", end = $"<!-- /bench:{name} -->";
        int from = page.IndexOf(begin, StringComparison.Ordinal), to = page.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from)
        {
            throw new InvalidDataException(
                $"docs/performance.md has no place for the figures of {name}: a line '{begin.Trim()}' and after it '{end}'");
        }

        return $"{page[..(from + begin.Length)]}\n{content}\n{page[to..]}";
    }

    private static string Notes(IEnumerable<string> notes)
    {
        string list = string.Concat(notes
            .GroupBy(note => note)
            .Select(same => $"\n- {same.Key}{(same.Count() > 1 ? $" ({same.Count()} times)" : "")}"));
        return list.Length > 0 ? list + "\n" : "";
    }

    private static string Machine()
    {
        string? line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
            : null;
        string processor = line?.Split(':')[1].Trim() ?? "unknown";
        return $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Environment.ProcessorCount} processors ({processor}), "
            + $"{RuntimeInformation.FrameworkDescription}.";
    }

    private IEnumerable<string> Reach()
    {
        IEnumerable<Result> allocations = report.Of(Suites.Rings).Where(result => result.Unit.StartsWith('B'));
        double allocated = allocations.Select(result => result.Median).DefaultIfEmpty(double.NaN).Max();
        yield return Row("0 bytes allocated per chain", $"{TextTable.Number(allocated)}", allocated == 0);
        (string Name, string Which)[] boots =
        [
            (ProcessorBenchmark.Boot, ""),
            (ProcessorBenchmark.FirstBoot, ", the first one of a process (JIT, one sample)"),
        ];
        foreach ((string name, string which) in boots)
        {
            if (report.Find(Suites.Processor, name, ProcessorBenchmark.Subject) is { } rate)
            {
                string wanted = $"{WantedRate} million instructions a second on the boot{which}";
                yield return Row(wanted, TextTable.Number(rate.Median), rate.Median >= WantedRate, 1 - (rate.Median / WantedRate));
            }
        }

        foreach (string row in NativeReach.Rows(report).Concat(KvmReach.Rows(report)).Concat(VhostUserReach.Rows(report)))
            yield return row;

        foreach (string subject in (string[])[Report.Native, Report.Jit])
        {
            if (report.Find(Suites.Boot, BootBenchmark.Small, subject)?.Ratio is { } ratio)
            {
                string wanted = $"the shell in at most {WantedBootRatio} times QEMU's time ({subject})";
                yield return Row(wanted, $"{TextTable.Number(ratio)} times", ratio <= WantedBootRatio, (ratio / WantedBootRatio) - 1);
            }
        }
    }

    internal static string Row(string wanted, string measured, bool met, double missedBy = 0) =>
        $"| {wanted} | {measured}: {(met ? "reached" : missedBy > 0 ? $"missed by {missedBy * 100:F0} %" : "missed")} |";
}
