namespace Virtio.Tests.Testbed;

/// <summary>The source tree that the tests were built from.</summary>
internal static class SourceTree
{
    internal static string Root { get; } = Find();

    /// <summary>Whether tests rewrite checked-in generated files instead of comparing them.</summary>
    internal static bool Rewrites => Environment.GetEnvironmentVariable("VIRTIO_UPDATE") == "1";

    internal static string PathOf(string relative) => Path.Combine(Root, relative);

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Virtio.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests run outside the source tree: no Virtio.slnx in any folder above");
    }
}
