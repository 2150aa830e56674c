using Virtio.Vmm.Images;

namespace Virtio.Vmm;

/// <summary>
/// A kernel and the ramdisks that make it a complete guest: those of the packages <c>Virtio.Guest.Riscv64</c> and <c>Virtio.Guest.Amd64</c>, or as <c>./build guest</c> makes them.
/// Immutable and thread-safe.
/// </summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Initrd">The initial ramdisk.</param>
/// <param name="Tools">A further ramdisk with larger programs; may be empty.</param>
/// <param name="CommandLine">Kernel parameters that this image boots faster with; may be empty.</param>
public sealed record GuestImage(BootSource Kernel, IReadOnlyList<BootSource> Initrd, IReadOnlyList<BootSource> Tools, string CommandLine = "")
{
    /// <summary>The environment variable that names the folder with the image, or the folder above those of several architectures.</summary>
    public const string FolderVariable = "VIRTIO_GUEST_DIR";

    // What has been added, if it still is the last of the ramdisks.
    private GuestAdditions? _additions;

    /// <summary>The archive of modules for this kernel that <see cref="WithModules"/> takes from; null where there is none.</summary>
    public BootSource? Modules { get; init; }

    /// <summary>
    /// The image that a machine boots: in the folder that <see cref="FolderVariable"/> names or in the one of its architecture below it; without the variable, that of a package
    /// <c>Virtio.Guest.*</c> which the program was built with, or else in <c>artifacts/guest</c> in the current folder, this program's, or one above either.
    /// </summary>
    /// <param name="machine">
    /// Which machine. <see cref="MicroVmMachine.Auto"/> is the one that it stands for on this host: KVM where that runs guests at speed and there is an image for it.
    /// </param>
    /// <exception cref="FileNotFoundException">There is none; the message says how to get one.</exception>
    public static GuestImage Find(MicroVmMachine machine = MicroVmMachine.Auto) => TryFind(machine) ?? throw new FileNotFoundException(GuestImageSearch.WhatIsMissing(machine));

    /// <summary>The same, or null where there is none.</summary>
    /// <param name="machine">Which machine.</param>
    public static GuestImage? TryFind(MicroVmMachine machine = MicroVmMachine.Auto) => GuestImageSearch.OfThisProgram.TryFind(machine);

    /// <summary>
    /// The image in a folder: the kernel, <c>Image</c> for riscv64 or <c>vmlinuz</c> for amd64, <c>initrd.cpio</c> and, where they are there, <c>tools.cpio</c>, <c>modules.cpio</c> and
    /// <c>cmdline</c>. Each but the last may be compressed with zstd and then ends in <c>.zst</c>.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="FileNotFoundException">There is no kernel.</exception>
    public static GuestImage FromFolder(string folder) => GuestImageSearch.In(folder, GuestImageKind.All)
        ?? throw new FileNotFoundException($"there is no {string.Join(" or ", GuestImageKind.All.Select(kind => kind.KernelName))} in '{folder}'");

    /// <summary>
    /// The same image with one more file in its initial ramdisk, in the place of one of that name. The file is read when a machine starts, and so are the other ramdisks, which have to
    /// be cpio archives as they are or compressed with gzip or zstd: they say which folders are there, and where links lead. What cannot be added ends the start with a <see cref="BootException"/>.
    /// </summary>
    /// <param name="content">A path on the host, bytes, or a stream; less than 4 GiB.</param>
    /// <param name="guestPath">Where the file is in the guest, from the root, such as <c>/usr/bin/tool</c>. Folders that are missing are made.</param>
    /// <param name="mode">Its permissions. Null: those of the host's file; on Windows, and for a file, that it can be run; for bytes and streams, 0644.</param>
    /// <exception cref="ArgumentException">The path is none that a guest can have.</exception>
    public GuestImage WithFile(BootSource content, string guestPath, UnixFileMode? mode = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        return WithAdditions(Additions().With(new GuestFile(content, GuestPath.Normalize(guestPath), mode)));
    }

    /// <summary>
    /// The same image with more kernel modules, and those that they need, in its initial ramdisk. The image's init loads them before anything else. A name of what is built into the
    /// kernel is no mistake; one that is not in <see cref="Modules"/> ends the start of a machine with a <see cref="BootException"/>.
    /// </summary>
    /// <param name="names">Names such as <c>btrfs</c> or <c>virtio_net</c>.</param>
    /// <exception cref="InvalidOperationException">The image has no <see cref="Modules"/>.</exception>
    public GuestImage WithModules(params IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return Modules is { } archive
            ? WithAdditions(Additions().With(archive, names))
            : throw new InvalidOperationException($"the guest image of the kernel '{Kernel}' has no modules to add: there is no modules.cpio beside it; './build guest' makes one for its own kernel");
    }

    private GuestAdditions Additions() => _additions is { } last && Initrd.Count > 0 && Initrd[^1] == last.Source ? last : new GuestAdditions(Initrd);

    private GuestImage WithAdditions(GuestAdditions additions) => this with { Initrd = additions.Initrd, _additions = additions };
}
