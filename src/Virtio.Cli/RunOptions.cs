using Virtio.Cli.Arguments;
using Virtio.Vmm;

namespace Virtio.Cli;

/// <summary>The options of <c>virtio run</c>.</summary>
internal sealed record RunOptions
{
    internal const long DefaultMemory = 1L << 30;

    private const string SerialTerminal = "stdio";
    private const int Letters = 26;

    internal MicroVmMachine Machine { get; init; } = MicroVmMachine.Auto;

    /// <summary>A path or a URL; null for the guest image's kernel.</summary>
    internal string? Kernel { get; init; }

    /// <summary>Paths or URLs; empty for those of the guest image, where the kernel is too.</summary>
    internal IReadOnlyList<string> Initrd { get; init; } = [];

    /// <summary>Files to add to the initial ramdisks.</summary>
    internal IReadOnlyList<FileSpec> Files { get; init; } = [];

    /// <summary>Modules of the guest image's kernel to add and to load.</summary>
    internal IReadOnlyList<string> Modules { get; init; } = [];

    internal string CommandLine { get; init; } = "";

    internal long Memory { get; init; } = DefaultMemory;

    internal int Processors { get; init; } = 1;

    internal IReadOnlyList<DiskSpec> Disks { get; init; } = [];

    /// <summary>Kernel parameters that tell the guest image which disks to format: <c>virtio.mkfs=vda:ext4</c>.</summary>
    internal string FormatParameters => string.Join(
        ' ',
        Disks.Index()
            .Where(disk => disk.Item.Format is not null)
            .Select(disk => $"virtio.mkfs={NameOf(disk.Index)}:{disk.Item.Format}"));

    internal IReadOnlyList<VhostUserSpec> Remotes { get; init; } = [];

    internal ConsoleSpec Console { get; init; } = new(ConsoleKind.Standard, "");

    /// <summary>The file for the serial port's output, or <c>stdio</c>; null for none.</summary>
    internal string? Serial { get; init; }

    /// <summary>
    /// The serial port uses this terminal, and the machine has no virtio console: for firmware and kernels without a driver for that.
    /// </summary>
    internal bool HasSerialTerminal => Serial == SerialTerminal;

    /// <summary>The time after which the machine is ended; null for never.</summary>
    internal TimeSpan? Timeout { get; init; }

    // Linux counts block devices in letters: vda to vdz, then vdaa.
    private static string NameOf(int index) =>
        $"vd{(index < Letters ? "" : (char)('a' + (index / Letters) - 1))}{(char)('a' + (index % Letters))}";
}
