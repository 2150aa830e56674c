using System.Globalization;

namespace Virtio.Guest.Tests.Qemu;

/// <summary>What a back-end's process has because of front-ends, as the kernel counts it.</summary>
/// <param name="Descriptors">That are open, but for those of the program's own code, which come as it is first needed.</param>
/// <param name="Sockets">Those of the descriptors that are sockets. A front-end's is the last that is closed of it.</param>
/// <param name="Mappings">Of memory that is shared with another process.</param>
/// <param name="Threads">But for those that the runtime starts and ends as it likes.</param>
/// <param name="Workers">Those of the threads that serve a ring.</param>
internal readonly record struct BackEndHoldings(int Descriptors, int Sockets, int Mappings, int Threads, int Workers)
{
    internal static BackEndHoldings Of(int process)
    {
        string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}");
        string[] threads = [.. Directory.GetDirectories($"{folder}/task").Select(NameOf).Where(name => name.Length > 0 && !name.StartsWith(".NET", StringComparison.Ordinal))];
        string[] descriptors = [.. Directory.GetFiles($"{folder}/fd").Select(path => new FileInfo(path).LinkTarget).OfType<string>()];
        return new BackEndHoldings(
            descriptors.Count(target => !target.EndsWith(".dll", StringComparison.Ordinal)),
            descriptors.Count(target => target.StartsWith("socket:", StringComparison.Ordinal)),
            File.ReadLines($"{folder}/maps").Count(IsShared),
            threads.Length,
            threads.Count(name => name.StartsWith("virtio-block", StringComparison.Ordinal)));
    }

    // Guest memory and what is in flight can be written; the runtime maps its own code so too, a second time.
    private static bool IsShared(string line) =>
        line.Split(' ', 3)[1] == "rw-s" && !line.Contains("doublemapper", StringComparison.Ordinal);

    private static string NameOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).Trim();
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return "";
        }
    }
}
