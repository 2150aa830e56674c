using System.Globalization;

namespace Virtio.Bench.Guests;

/// <summary>
/// What KVM counts of a machine that starts after this was made: its processors' exits and interrupts, and more (Linux: debugfs, kvm/PID-FD). For root.
/// </summary>
internal sealed class KvmCounters
{
    private const string Root = "/sys/kernel/debug/kvm";

    // The folder's name has the process's number, but that of the outermost process space, which cannot be asked for from within another.
    private readonly HashSet<string> _others = [.. Folders()];

    /// <summary>All counts so far, by their names; none where there is no such machine or no debugfs.</summary>
    internal Dictionary<string, long> Read()
    {
        Dictionary<string, long> counts = [];
        foreach (string file in Folders().Where(folder => !_others.Contains(folder)).SelectMany(Directory.EnumerateFiles))
        {
            if (long.TryParse(Text(file), CultureInfo.InvariantCulture, out long count))
                counts[Path.GetFileName(file)] = counts.GetValueOrDefault(Path.GetFileName(file)) + count;
        }

        return counts;
    }

    private static string[] Folders()
    {
        try
        {
            return Directory.GetDirectories(Root, "*-*");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // Some of the files are no counts, and refuse to be read in this way.
    private static string Text(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
