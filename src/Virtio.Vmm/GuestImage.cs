namespace Virtio.Vmm;

/// <summary>A kernel and the ramdisks that make it a complete guest, as <c>./build guest</c> makes them.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Initrd">The initial ramdisk.</param>
/// <param name="Tools">A further ramdisk with larger programs; may be empty.</param>
/// <param name="CommandLine">Kernel parameters that this image boots faster with; may be empty.</param>
public sealed record GuestImage(BootSource Kernel, IReadOnlyList<BootSource> Initrd, IReadOnlyList<BootSource> Tools, string CommandLine = "")
{
    /// <summary>The environment variable that names the folder with the image, or the folder above those of several architectures.</summary>
    public const string FolderVariable = "VIRTIO_GUEST_DIR";

    /// <summary>
    /// The image that a machine boots: in the folder that <see cref="FolderVariable"/> names or in the one of its architecture below it; without the variable, in
    /// <c>artifacts/guest</c> in the current folder, this program's, or one above either.
    /// </summary>
    /// <param name="machine">
    /// Which machine. <see cref="MicroVmMachine.Auto"/> is the one that it stands for on this host: KVM where that runs guests at speed and there is an image for it.
    /// </param>
    /// <exception cref="FileNotFoundException">There is none; the message says how to make one.</exception>
    public static GuestImage Find(MicroVmMachine machine = MicroVmMachine.Auto) => TryFind(machine)
        ?? throw new FileNotFoundException(
            $"there is no guest image for {string.Join(" or ", GuestImageKind.Of(machine).Select(kind => kind.Architecture))}: make one with './build guest', or set {FolderVariable} to the folder that has it");

    /// <summary>The same, or null where there is none.</summary>
    /// <param name="machine">Which machine.</param>
    public static GuestImage? TryFind(MicroVmMachine machine = MicroVmMachine.Auto) =>
        TryFind(machine, Environment.GetEnvironmentVariable(FolderVariable), Directory.GetCurrentDirectory(), AppContext.BaseDirectory);

    internal static GuestImage? TryFind(MicroVmMachine machine, string? named, params ReadOnlySpan<string> starts)
    {
        GuestImageKind[] wanted = GuestImageKind.Of(machine);
        // Whoever names a folder means that one, and wants to hear when it has no image.
        if (!string.IsNullOrEmpty(named))
            return Below(named, wanted) ?? In(named, machine == MicroVmMachine.Auto ? GuestImageKind.All : wanted);

        foreach (string start in starts)
        {
            for (string? folder = start; folder is not null; folder = Path.GetDirectoryName(folder))
            {
                if (Below(Path.Combine(folder, "artifacts", "guest"), wanted) is { } image)
                    return image;
            }
        }

        return null;
    }

    /// <summary>
    /// The image in a folder: the kernel, <c>Image</c> for riscv64 or <c>vmlinuz</c> for amd64, <c>initrd.cpio</c> and, where they are there, <c>tools.cpio</c> and <c>cmdline</c>.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="FileNotFoundException">There is no kernel.</exception>
    public static GuestImage FromFolder(string folder) => In(folder, GuestImageKind.All)
        ?? throw new FileNotFoundException($"there is no {string.Join(" or ", GuestImageKind.All.Select(kind => kind.KernelName))} in '{folder}'");

    private static GuestImage? Below(string folder, GuestImageKind[] kinds) =>
        kinds.Select(kind => In(Path.Combine(folder, kind.Architecture), [kind])).FirstOrDefault(image => image is not null);

    private static GuestImage? In(string folder, GuestImageKind[] kinds)
    {
        GuestImageKind? found = kinds.FirstOrDefault(kind => File.Exists(Path.Combine(folder, kind.KernelName)));
        if (found is null)
            return null;
        string tools = Path.Combine(folder, "tools.cpio");
        string commandLine = Path.Combine(folder, "cmdline");
        return new GuestImage(
            BootSource.FromImage(Path.Combine(folder, found.KernelName), found.MemoryBeside),
            [Path.Combine(folder, "initrd.cpio")],
            File.Exists(tools) ? [tools] : [],
            File.Exists(commandLine) ? File.ReadAllText(commandLine).Trim() : "");
    }
}
