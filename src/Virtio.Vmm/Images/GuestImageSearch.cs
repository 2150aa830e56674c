namespace Virtio.Vmm.Images;

/// <summary>The places to search for guest images.</summary>
/// <param name="Named">The folder that the user has named; null or empty for none.</param>
/// <param name="Program">The folder that the program is in.</param>
/// <param name="Current">The current folder of the process.</param>
/// <param name="PackageFolder">The folder of the package that a setting of the program names; null if the setting does not exist.</param>
internal sealed record GuestImageSearch(string? Named, string Program, string Current, Func<string, string?> PackageFolder)
{
    /// <summary>The search places of this process.</summary>
    internal static GuestImageSearch OfThisProgram => new(
        Environment.GetEnvironmentVariable(GuestImage.FolderVariable),
        AppContext.BaseDirectory,
        Directory.GetCurrentDirectory(),
        setting => AppContext.GetData(setting) as string);

    internal static string WhatIsMissing(MicroVmMachine machine)
    {
        GuestImageKind[] wanted = GuestImageKind.Of(machine);
        string architectures = string.Join(" or ", wanted.Select(kind => kind.Architecture));
        string packages = string.Join(" or ", wanted.Select(kind => kind.Package));
        return $"there is no guest image for {architectures}: add the package {packages}, " +
            $"make one with './build guest', or set {GuestImage.FolderVariable} to the folder that has it";
    }

    internal GuestImage? TryFind(MicroVmMachine machine)
    {
        GuestImageKind[] wanted = GuestImageKind.Of(machine);

        // A folder that the user names is the only one searched: the user wants to know when it has no image.
        if (!string.IsNullOrEmpty(Named))
            return Below(Named, wanted) ?? In(Named, machine == MicroVmMachine.Auto ? GuestImageKind.All : wanted);
        return wanted.Select(OfPackage).FirstOrDefault(image => image is not null) ?? Made(Current, wanted) ?? Made(Program, wanted);
    }

    /// <summary>The image of one of these kinds in a folder; null if there is none.</summary>
    internal static GuestImage? In(string folder, GuestImageKind[] kinds)
    {
        GuestImageKind? found = kinds.FirstOrDefault(kind => FileOf(folder, kind.KernelName) is not null);
        if (found is null)
            return null;
        string commandLine = Path.Combine(folder, "cmdline");
        return new GuestImage(
            BootSource.FromImage(FileOf(folder, found.KernelName)!, found.MemoryBeside),
            [Archive(folder, "initrd.cpio") ?? Path.Combine(folder, "initrd.cpio")],
            Archive(folder, "tools.cpio") is { } tools ? [tools] : [],
            File.Exists(commandLine) ? File.ReadAllText(commandLine).Trim() : "")
        {
            Modules = Archive(folder, "modules.cpio"),
        };
    }

    // First beside the program, where publishing puts it; then in the package on this machine.
    private GuestImage? OfPackage(GuestImageKind kind) =>
        Below(Path.Combine(Program, "guest"), [kind])
        ?? (PackageFolder(kind.PackageSetting) is { Length: > 0 } folder ? In(folder, [kind]) : null);

    private static GuestImage? Made(string start, GuestImageKind[] wanted)
    {
        for (string? folder = start; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Below(Path.Combine(folder, "artifacts", "guest"), wanted) is { } image)
                return image;
        }

        return null;
    }

    private static GuestImage? Below(string folder, GuestImageKind[] kinds) =>
        kinds.Select(kind => In(Path.Combine(folder, kind.Architecture), [kind])).FirstOrDefault(image => image is not null);

    private static string? FileOf(string folder, string name) =>
        new[] { name, name + ".zst" }.Select(file => Path.Combine(folder, file)).FirstOrDefault(File.Exists);

    // A guest can unpack a compressed ramdisk too, but takes much longer than this host.
    private static BootSource? Archive(string folder, string name) => FileOf(folder, name) switch
    {
        { } path when path.EndsWith(".zst", StringComparison.Ordinal) => BootSource.FromStream(
            () => new ZstdSharp.DecompressionStream(BootSource.FromFile(path).Open(), leaveOpen: false),
            path),
        { } path => path,
        null => null,
    };
}
