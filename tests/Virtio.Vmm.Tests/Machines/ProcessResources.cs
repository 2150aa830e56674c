using System.Globalization;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>The resources of this process, as the kernel counts them.</summary>
/// <param name="AllThreads">Number of threads.</param>
/// <param name="Threads">Number of threads, except those that the runtime starts and ends at any time.</param>
/// <param name="Descriptors">Number of open file descriptors.</param>
/// <param name="MappedBytes">Bytes of mapped address space, touched or not.</param>
internal readonly record struct ProcessResources(int AllThreads, int Threads, int Descriptors, long MappedBytes)
{
    /// <summary>Counts. Skips the test if there is no /proc.</summary>
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

    /// <summary>Counts after a garbage collection, so that objects of earlier tests are gone: a start to compare with.</summary>
    public static ProcessResources CountSettled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Count();
    }

    /// <summary>Asserts that nothing was left since this was counted, except for what the runtime itself holds.</summary>
    /// <param name="mostMapped">Bytes of address space that the runtime may have mapped.</param>
    public void AssertUnchanged(long mostMapped)
    {
        // The kernel removes a joined thread a moment after the runtime does.
        var before = this;
        var after = Count();
        SpinWait.SpinUntil(
            () => (after = Count()).Threads <= before.Threads && after.Descriptors <= before.Descriptors, TimeSpan.FromSeconds(20));

        Assert.Equal(Threads, after.Threads);
        Assert.Equal(Descriptors, after.Descriptors);

        // The runtime's own mappings and threads come and go. A thread of the library without a name would be counted among the latter.
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
        return (long)(Number(range[1]) - Number(range[0]));

        static ulong Number(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
