namespace Virtio.Kvm.Tests.Testbed;

/// <summary>The resources of this process, as the kernel counts them.</summary>
/// <param name="Descriptors">Open descriptors, except those of assemblies, which the runtime opens when it first needs them.</param>
/// <param name="VcpuPages">Mappings of vCPUs.</param>
/// <param name="Threads">Threads, except those that the runtime starts and ends at any time.</param>
internal readonly record struct ProcessResources(int Descriptors, int VcpuPages, int Threads)
{
    internal static ProcessResources Count()
    {
        return new ProcessResources(
            Directory.GetFileSystemEntries("/proc/self/fd")
                .Count(path => new FileInfo(path).LinkTarget?.EndsWith(".dll", StringComparison.Ordinal) == false),
            File.ReadLines("/proc/self/maps").Count(map => map.Contains("kvm-vcpu", StringComparison.Ordinal)),
            Directory.GetDirectories("/proc/self/task").Count(task => !IsRuntimes(task)));
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
}
