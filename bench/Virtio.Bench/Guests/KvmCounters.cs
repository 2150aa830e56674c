using System.Globalization;

namespace Virtio.Bench.Guests;

/// <summary>
/// KVM's counts of a VM that starts after this object was created: exits, interrupts, and more (Linux: debugfs, kvm/PID-FD). Requires root.
/// </summary>
internal sealed class KvmCounters
{
    private const string Root = "/sys/kernel/debug/kvm";

    // The folder's name has the process's number in the outermost PID namespace, which cannot be queried from within another namespace.
    private readonly HashSet<string> _others = [.. Folders()];

    /// <summary>All counts so far, by their names; empty if there is no such VM or no debugfs.</summary>
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

    // Some of the files are not counts and cannot be read like this.
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
