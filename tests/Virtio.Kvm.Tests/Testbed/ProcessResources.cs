namespace Virtio.Kvm.Tests.Testbed;

/// <summary>What this process holds, as the kernel counts it.</summary>
/// <param name="Descriptors">Open descriptors, without those of code that the runtime loads when it is first needed.</param>
/// <param name="VcpuPages">Mappings of vCPUs.</param>
/// <param name="Threads">Threads, without those that the runtime starts and ends as it likes.</param>
internal readonly record struct ProcessResources(int Descriptors, int VcpuPages, int Threads)
{
    internal static ProcessResources Count()
    {
        return new ProcessResources(
            Directory.GetFileSystemEntries("/proc/self/fd").Count(path => new FileInfo(path).LinkTarget?.EndsWith(".dll", StringComparison.Ordinal) == false),
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
