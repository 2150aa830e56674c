using System.Globalization;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>What this process holds, as the kernel counts it.</summary>
/// <param name="AllThreads">Threads.</param>
/// <param name="Threads">Threads, without those that the runtime starts and ends as it likes.</param>
/// <param name="Descriptors">Open file descriptors.</param>
/// <param name="MappedBytes">Address space, touched or not.</param>
internal readonly record struct ProcessResources(int AllThreads, int Threads, int Descriptors, long MappedBytes)
{
    /// <summary>Counts; skips the test where there is no /proc.</summary>
    public static ProcessResources Count()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "what a process holds is counted in Linux's /proc");
        var tasks = Directory.GetDirectories("/proc/self/task");
        return new ProcessResources(
            tasks.Length,
            tasks.Count(task => !IsRuntimes(task)),
            Directory.GetFileSystemEntries("/proc/self/fd").Length,
            File.ReadLines("/proc/self/maps").Sum(MappedLength));
    }

    /// <summary>The same when what tests before have left to the collector is gone: a start to compare with.</summary>
    public static ProcessResources CountSettled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Count();
    }

    /// <summary>Nothing was left since this was counted, but for what the runtime does as it likes.</summary>
    /// <param name="mostMapped">Bytes of address space that may be the runtime's.</param>
    public void AssertUnchanged(long mostMapped)
    {
        // A joined thread is gone for the runtime a moment before it is for the kernel.
        var before = this;
        var after = Count();
        SpinWait.SpinUntil(() => (after = Count()).Threads <= before.Threads && after.Descriptors <= before.Descriptors, TimeSpan.FromSeconds(20));

        Assert.Equal(Threads, after.Threads);
        Assert.Equal(Descriptors, after.Descriptors);

        // The runtime's own mappings come and go, and so do its threads, whose name a nameless one of ours would have.
        Assert.InRange(after.AllThreads - AllThreads, int.MinValue, 25);
        Assert.InRange(after.MappedBytes - MappedBytes, long.MinValue, mostMapped);
    }

    private static bool IsRuntimes(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).StartsWith(".NET", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true; // It has ended.
        }
    }

    private static long MappedLength(string line)
    {
        var range = line.Split(' ')[0].Split('-');
        return (long)(ulong.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) - ulong.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
