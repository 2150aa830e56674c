namespace Virtio.Bench;

/// <summary>Paths in the repository that this program was built in.</summary>
internal static class Repository
{
    internal static string Root { get; } = FindRoot();

    /// <summary>The command compiled ahead of time, at the path of <c>./build publish</c>.</summary>
    internal static string NativeCommand => Path.Combine(Root, "artifacts", "virtio");

    /// <summary>The program that runs the bare-metal guest, compiled ahead of time.</summary>
    internal static string NativeHost => Path.Combine(Root, "artifacts", "bench-host");

    /// <summary>The command as <c>./build run</c> uses it.</summary>
    internal static string JitCommand
    {
        get
        {
            string folder = Path.Combine(Root, "src", "Virtio.Cli", "bin", "Release", "net10.0");
            string named = Path.Combine(folder, "virtio");
            return File.Exists(named) ? named : Path.Combine(folder, "Virtio.Cli");
        }
    }

    internal static string Docs => Path.Combine(Root, "docs");

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Virtio.slnx")))
                return folder;
        }

        throw new InvalidOperationException("run this program where it was built: it looks for the repository in the folders above it");
    }
}
