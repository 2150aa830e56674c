namespace Virtio.Vmm.Images;

/// <summary>
/// Files and modules that are added to initial ramdisks, as one more ramdisk that is made when a machine starts. Immutable.
/// </summary>
internal sealed class GuestAdditions
{
    private readonly IReadOnlyList<BootSource> _below;
    private readonly IReadOnlyList<GuestFile> _files;
    private readonly IReadOnlyList<string> _modules;
    private readonly BootSource? _moduleArchive; // only where there are modules

    /// <summary>Creates additions to some ramdisks, with nothing added yet.</summary>
    internal GuestAdditions(IReadOnlyList<BootSource> below)
        : this(below, [], [], null)
    {
    }

    private GuestAdditions(
        IReadOnlyList<BootSource> below,
        IReadOnlyList<GuestFile> files,
        IReadOnlyList<string> modules,
        BootSource? moduleArchive)
    {
        (_below, _files, _modules, _moduleArchive) = (below, files, modules, moduleArchive);
        Source = BootSource.FromStream(Open, $"({Count(files.Count, "file")} and {Count(modules.Count, "module")} that were added)");
    }

    /// <summary>The ramdisk with the additions.</summary>
    internal BootSource Source { get; }

    /// <summary>All ramdisks.</summary>
    internal IReadOnlyList<BootSource> Initrd => [.. _below, Source];

    internal GuestAdditions With(GuestFile file) => new(_below, [.. _files, file], _modules, _moduleArchive);

    internal GuestAdditions With(BootSource moduleArchive, IEnumerable<string> modules) =>
        new(_below, _files, [.. _modules, .. modules], moduleArchive);

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    private JoinedStream Open()
    {
        using var ramdisk = new AddedRamdisk(GuestTree.Read(_below, ModuleArchive.IsTable));
        if (_moduleArchive is not null)
        {
            foreach ((string path, byte[] content) in ModuleArchive.Pick(_moduleArchive, _modules, ramdisk.Tree))
                ramdisk.Add(path, content);
        }

        foreach (GuestFile file in _files)
            ramdisk.Add(file);
        return ramdisk.Complete();
    }
}
