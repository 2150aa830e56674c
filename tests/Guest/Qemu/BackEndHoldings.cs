using System.Globalization;

namespace Virtio.Guest.Tests.Qemu;

/// <summary>The resources that a back-end's process holds because of front-ends, as the kernel counts them.</summary>
/// <param name="Descriptors">Open descriptors, except those of assemblies, which the runtime opens when it first needs them.</param>
/// <param name="Sockets">The descriptors that are sockets. The socket of a front-end is its last descriptor to be closed.</param>
/// <param name="Mappings">Mappings of memory shared with another process.</param>
/// <param name="Threads">Threads, except those that the runtime starts and ends at any time.</param>
/// <param name="Workers">The threads that serve a ring.</param>
internal readonly record struct BackEndHoldings(int Descriptors, int Sockets, int Mappings, int Threads, int Workers)
{
    internal static BackEndHoldings Of(int process)
    {
        string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}");
        string[] threads =
        [
            .. Directory.GetDirectories($"{folder}/task").Select(NameOf)
                .Where(name => name.Length > 0 && !name.StartsWith(".NET", StringComparison.Ordinal)),
        ];
        string[] descriptors = [.. Directory.GetFiles($"{folder}/fd").Select(path => new FileInfo(path).LinkTarget).OfType<string>()];
        return new BackEndHoldings(
            descriptors.Count(target => !target.EndsWith(".dll", StringComparison.Ordinal)),
            descriptors.Count(target => target.StartsWith("socket:", StringComparison.Ordinal)),
            File.ReadLines($"{folder}/maps").Count(IsShared),
            threads.Length,
            threads.Count(name => name.StartsWith("virtio-block", StringComparison.Ordinal)));
    }

    // Guest memory and the in-flight record are mapped shared and writable. The runtime also maps its own code so, a second time.
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
            // The thread has ended meanwhile.
            return "";
        }
    }
}
