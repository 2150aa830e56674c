using Virtio.Vmm.Images;

namespace Virtio.Vmm;

/// <summary>
/// A kernel and the ramdisks that make it a complete guest, from the packages <c>Virtio.Guest.Riscv64</c> and <c>Virtio.Guest.Amd64</c> or
/// from <c>./build guest</c>. Immutable and thread-safe.
/// </summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Initrd">The initial ramdisk.</param>
/// <param name="Tools">A further ramdisk with larger programs; may be empty.</param>
/// <param name="CommandLine">Kernel parameters that make this image boot faster; may be empty.</param>
public sealed record GuestImage(
    BootSource Kernel,
    IReadOnlyList<BootSource> Initrd,
    IReadOnlyList<BootSource> Tools,
    string CommandLine = "")
{
    /// <summary>The environment variable that names the folder of the image, or the folder above those of several architectures.</summary>
    public const string FolderVariable = "VIRTIO_GUEST_DIR";

    // The files and modules that were added. They are in use as long as their ramdisk is still the last one.
    private GuestAdditions? _additions;

    /// <summary>The archive of this kernel's modules for <see cref="WithModules"/>; null if there is none.</summary>
    public BootSource? Modules { get; init; }

    /// <summary>
    /// The image that a machine boots. If <see cref="FolderVariable"/> is set, it is in that folder or in the folder of its architecture
    /// below it. Otherwise it comes from the package <c>Virtio.Guest.*</c> that the program was built with, or else from
    /// <c>artifacts/guest</c> in the current folder, in the program's folder, or in a folder above either.
    /// </summary>
    /// <param name="machine">
    /// The kind of machine. <see cref="MicroVmMachine.Auto"/> is KVM where KVM runs guests at speed and there is an image for it,
    /// else the software machine.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no image; the message says how to get one.</exception>
    public static GuestImage Find(MicroVmMachine machine = MicroVmMachine.Auto) =>
        TryFind(machine) ?? throw new FileNotFoundException(GuestImageSearch.WhatIsMissing(machine));

    /// <summary>As <see cref="Find"/>, but null if there is no image.</summary>
    /// <param name="machine">The kind of machine.</param>
    public static GuestImage? TryFind(MicroVmMachine machine = MicroVmMachine.Auto) => GuestImageSearch.OfThisProgram.TryFind(machine);

    /// <summary>
    /// The image in a folder. The kernel is <c>Image</c> for riscv64 or <c>vmlinuz</c> for amd64, the ramdisk <c>initrd.cpio</c>. The files
    /// <c>tools.cpio</c>, <c>modules.cpio</c> and <c>cmdline</c> are optional. Each but the last may be compressed with zstd; its name then
    /// ends in <c>.zst</c>.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="FileNotFoundException">There is no kernel.</exception>
    public static GuestImage FromFolder(string folder) => GuestImageSearch.In(folder, GuestImageKind.All)
        ?? throw new FileNotFoundException(
            $"there is no {string.Join(" or ", GuestImageKind.All.Select(kind => kind.KernelName))} in '{folder}'");

    /// <summary>
    /// The same image with one more file in its initial ramdisk; a file of the same name is replaced. The file is read when a machine
    /// starts. So are the other ramdisks, because they determine which folders exist and where links lead. They must be cpio archives,
    /// uncompressed or compressed with gzip or zstd. A file that cannot be added ends the start with a <see cref="BootException"/>.
    /// </summary>
    /// <param name="content">A path on the host, bytes, or a stream; less than 4 GiB.</param>
    /// <param name="guestPath">The path in the guest, from the root, such as <c>/usr/bin/tool</c>. Missing folders are made.</param>
    /// <param name="mode">
    /// Its permissions. Null: those of the host's file; on Windows a file is executable; bytes and streams get 0644.
    /// </param>
    /// <exception cref="ArgumentException">A guest cannot have that path.</exception>

    public GuestImage WithFile(BootSource content, string guestPath, UnixFileMode? mode = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        return WithAdditions(Additions().With(new GuestFile(content, GuestPath.Normalize(guestPath), mode)));
    }

    /// <summary>
    /// The same image with more kernel modules, and their dependencies, in its initial ramdisk. The image's init loads them before anything
    /// else. The name of a driver that is built into the kernel is allowed. A name that is not in <see cref="Modules"/> ends the start of a
    /// machine with a <see cref="BootException"/>.
    /// </summary>
    /// <param name="names">Names such as <c>btrfs</c> or <c>virtio_net</c>.</param>
    /// <exception cref="InvalidOperationException">The image has no <see cref="Modules"/>.</exception>
    public GuestImage WithModules(params IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return Modules is { } archive
            ? WithAdditions(Additions().With(archive, names))
            : throw new InvalidOperationException(
                $"the guest image of the kernel '{Kernel}' has no modules to add: there is no modules.cpio beside it; "
                + "'./build guest' makes one for its own kernel");
    }

    private GuestAdditions Additions() =>
        _additions is { } last && Initrd.Count > 0 && Initrd[^1] == last.Source ? last : new GuestAdditions(Initrd);

    private GuestImage WithAdditions(GuestAdditions additions) => this with { Initrd = additions.Initrd, _additions = additions };
}
