using System.Text.RegularExpressions;

namespace Virtio.Architecture.Tests;

/// <summary>
/// Event ids follow one scheme: each log class owns a hundred (100 transports, 200 block, 300 console, 1000 file storage, 1100 HTTP storage, 2000
/// vhost-user, 3000 microVM and so on), counts up from its first, and no two classes share one.
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
            int[] ids = [.. LogMessage().Matches(File.ReadAllText(path)).Select(match => int.TryParse(match.Groups[1].Value, out int id) ? id : -1)];
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

    [GeneratedRegex(@"\[LoggerMessage\((\w*)")]
    private static partial Regex LogMessage();
}
