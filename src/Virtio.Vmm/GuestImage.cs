namespace Virtio.Vmm;

/// <summary>A kernel and the ramdisks that make it a complete guest, as <c>./build guest</c> makes them.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Initrd">The initial ramdisk.</param>
/// <param name="Tools">A further ramdisk with larger programs; may be empty.</param>
/// <param name="CommandLine">Kernel parameters that this image boots faster with; may be empty.</param>
public sealed record GuestImage(BootSource Kernel, IReadOnlyList<BootSource> Initrd, IReadOnlyList<BootSource> Tools, string CommandLine = "")
{
    /// <summary>The environment variable that names the folder with the image.</summary>
    public const string FolderVariable = "VIRTIO_GUEST_DIR";

    private const string KernelName = "Image";

    /// <summary>The image in the folder that <see cref="FolderVariable"/> names; without it, in <c>artifacts/guest/riscv64</c> in the current folder, this program's, or one above either.</summary>
    /// <exception cref="FileNotFoundException">There is none; the message says how to make one.</exception>
    public static GuestImage Find() => TryFind()
        ?? throw new FileNotFoundException($"there is no guest image: make one with './build guest', or set {FolderVariable} to the folder that has it");

    /// <summary>The same, or null where there is none.</summary>
    public static GuestImage? TryFind() =>
        Candidates().FirstOrDefault(folder => File.Exists(Path.Combine(folder, KernelName))) is { } found ? FromFolder(found) : null;

    /// <summary>The image in a folder: <c>Image</c>, <c>initrd.cpio</c> and, where they are there, <c>tools.cpio</c> and <c>cmdline</c>.</summary>
    public static GuestImage FromFolder(string folder)
    {
        string tools = Path.Combine(folder, "tools.cpio");
        string commandLine = Path.Combine(folder, "cmdline");
        return new GuestImage(
            Path.Combine(folder, KernelName),
            [Path.Combine(folder, "initrd.cpio")],
            File.Exists(tools) ? [tools] : [],
            File.Exists(commandLine) ? File.ReadAllText(commandLine).Trim() : "");
    }

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder)
        {
            // Whoever names a folder means that one, and wants to hear when it has no image.
            yield return folder;
            yield break;
        }

        foreach (string start in (string[])[Directory.GetCurrentDirectory(), AppContext.BaseDirectory])
        {
            for (string? above = start; above is not null; above = Path.GetDirectoryName(above))
                yield return Path.Combine(above, "artifacts", "guest", "riscv64");
        }
    }
}
