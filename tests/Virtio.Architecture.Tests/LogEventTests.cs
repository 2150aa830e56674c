using System.Globalization;
using System.Text.RegularExpressions;

namespace Virtio.Architecture.Tests;

/// <summary>
/// Event ids follow one scheme. Each log class owns a hundred (100 transports, 200 block, 300 console, 1000 file storage, 1100 HTTP
/// storage, 2000 vhost-user, 3000 microVM and so on; docs/events.md lists them). It counts up from its first, and no two classes share one.
/// </summary>
public sealed partial class LogEventTests
{
    [Fact]
    public void Each_log_class_owns_a_hundred_event_ids_and_numbers_them_from_1()
    {
        var offences = new List<string>();
        var owners = new Dictionary<int, string>();
        foreach (string path in Repository.SourceFiles("src"))
        {
            int[] ids =
            [
                .. LogMessage().Matches(File.ReadAllText(path)).Select(match => int.TryParse(match.Groups[1].Value, out int id) ? id : -1),
            ];
            if (ids.Length == 0)
                continue;
            int hundred = ids[0] / 100 * 100;
            if (!ids.SequenceEqual(Enumerable.Range(hundred + 1, ids.Length)))
                offences.Add($"{Repository.Relative(path)}: {string.Join(", ", ids)}");
            if (!owners.TryAdd(hundred, path))
                offences.Add($"{Repository.Relative(path)} and {Repository.Relative(owners[hundred])} both use {hundred}");
        }

        Assert.NotEmpty(owners);
        Assert.Empty(offences);
    }

    [Fact]
    public void The_page_of_events_lists_what_the_source_logs()
    {
        var rows = new List<string>();
        foreach (string path in Repository.SourceFiles("src"))
        {
            foreach (Match message in Declaration().Matches(File.ReadAllText(path)))
            {
                string text = message.Groups[3].Value.Replace("\\\"", "\"", StringComparison.Ordinal)
                    .Replace("|", "\\|", StringComparison.Ordinal);
                rows.Add($"| {message.Groups[1].Value} | {message.Groups[2].Value} | {text} |");
            }
        }

        Assert.Equal(Repository.SourceFiles("src").Sum(path => LogMessage().Count(File.ReadAllText(path))), rows.Count);
        IEnumerable<string> ordered = rows.OrderBy(row => int.Parse(row.Split(' ')[1], CultureInfo.InvariantCulture));
        string page = PageHead + string.Concat(ordered.Select(row => row + "\n"));
        string place = Path.Combine(Repository.Root, "docs/events.md");
        if (Environment.GetEnvironmentVariable("VIRTIO_UPDATE") == "1")
            File.WriteAllText(place, page);
        Assert.Equal(File.ReadAllText(place), page);
    }

    [Fact]
    public void An_entry_that_quotes_an_exceptions_message_carries_the_exception()
    {
        var offences = new List<string>();
        foreach (string path in Repository.SourceFiles("src"))
        {
            foreach (Match call in QuotingCall().Matches(File.ReadAllText(path)))
            {
                if (!Regex.IsMatch(call.Groups[2].Value, $@"[(,]\s*{call.Groups[1].Value}\s*[,)]"))
                    offences.Add($"{Repository.Relative(path)}: {call.Value}");
            }
        }

        Assert.Empty(offences);
    }

    private const string PageHead = """
        # Log events

        Each class that logs owns a hundred of event ids. An entry whose text ends with an exception's message carries the exception too.
        What a guest or a front-end can cause is logged a bounded number of times. This page is generated from the source:
        `VIRTIO_UPDATE=1` rewrites it.

        | ids | of |
        | --- | --- |
        | 100 | transports: a device that failed, a driver that cannot be served |
        | 200 | disks |
        | 300 | consoles |
        | 900 | workers of queues |
        | 1000 | storages: files |
        | 1100 | storages: web servers |
        | 2000 | vhost-user: devices that are served |
        | 2100 | vhost-user: devices of another process |
        | 3000 | microVMs |

        | id | level | text |
        | --- | --- | --- |

        """;

    [GeneratedRegex(@"\[LoggerMessage\(\s*(\w*)")]
    private static partial Regex LogMessage();

    [GeneratedRegex("""\[LoggerMessage\(\s*(\d+),\s*LogLevel\.(\w+),\s*"((?:[^"\\]|\\.)*)"\s*\)\]""")]
    private static partial Regex Declaration();

    // Matches a call of a log class with X.Message among its arguments; group 1 is X.
    [GeneratedRegex(@"\w+Log\.\w+(?=\([^;]*?\b(\w+)\.Message\b)(\([^;]*;)")]
    private static partial Regex QuotingCall();
}
