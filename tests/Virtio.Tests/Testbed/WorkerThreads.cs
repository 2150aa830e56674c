using System.Globalization;

namespace Virtio.Tests.Testbed;

/// <summary>The threads of this process that serve queues, found by their names in /proc, so that a missing one shows.</summary>
internal static class WorkerThreads
{
    internal static bool CanBeSeen { get; } = Directory.Exists("/proc/self/task");

    internal static int Count => All().Count();

    /// <summary>Processor time that they have used so far.</summary>
    internal static TimeSpan ProcessorTime
    {
        get
        {
            long nanoseconds = 0;
            foreach (string task in All())
            {
                if (TryRead(Path.Combine(task, "schedstat"), out string text))
                    nanoseconds += long.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture);
            }

            return TimeSpan.FromMicroseconds(nanoseconds / 1000);
        }
    }

    private static IEnumerable<string> All() => CanBeSeen
        ? Directory.EnumerateDirectories("/proc/self/task")
            .Where(task => TryRead(Path.Combine(task, "comm"), out string name) && name.StartsWith("virtio-", StringComparison.Ordinal))
        : [];

    private static bool TryRead(string path, out string text)
    {
        try
        {
            text = File.ReadAllText(path);
            return true;
        }
        catch (IOException)
        {
            // The thread ended between the listing and the read.
            text = "";
            return false;
        }
    }
}
