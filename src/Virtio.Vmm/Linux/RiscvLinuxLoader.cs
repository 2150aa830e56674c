namespace Virtio.Vmm.Linux;

/// <summary>
/// Puts a riscv64 Linux, its initial ramdisks and its device tree into guest memory: the kernel at the address of its header, the others
/// right above it.
/// </summary>
internal static class RiscvLinuxLoader
{
    private const ulong PageSize = 4096;
    private const ulong KernelGranularity = 2 << 20; // the kernel maps itself with pages of 2 MiB and keeps all of the last page

    /// <summary>Fills an area that begins at the start of memory.</summary>
    /// <param name="area">The guest's memory.</param>
    /// <param name="kernel">An <c>Image</c>, possibly compressed.</param>
    /// <param name="initrd">Archives that are placed in memory one after the other.</param>
    /// <param name="deviceTree">Makes the device tree, given the range of the initial ramdisk.</param>
    /// <param name="cancellationToken">Stops a long load.</param>
    /// <exception cref="BootException">The kernel or a ramdisk cannot be booted; the message says why.</exception>
    public static RiscvBoot Load(
        LoadArea area,
        BootSource kernel,
        IReadOnlyList<BootSource> initrd,
        Func<InitrdRange?, byte[]> deviceTree,
        CancellationToken cancellationToken)
    {
        var entry = LoadKernel(area, kernel, initrd, cancellationToken);
        area.Align(KernelGranularity);
        var range = BootReading.LoadInitrd(initrd, _ => area, cancellationToken);
        area.Align(PageSize);
        var tree = area.Position;
        if (!area.TryAppend(deviceTree(range)))
        {
            throw new BootException(
                $"cannot boot '{kernel}': no room is left in the guest's memory ({BootReading.Size(area.End - area.Start)}) "
                + "for its device tree");
        }

        return new RiscvBoot(entry, tree);
    }

    private static ulong LoadKernel(LoadArea area, BootSource kernel, IReadOnlyList<BootSource> initrd, CancellationToken cancellationToken)
    {
        using var image = BootReading.Guard(kernel, () => KernelFile.Open(kernel));
        if (RiscvImageHeader.Read(image.Prefix, out var reason) is not { } header)
            throw new BootException($"cannot boot '{kernel}': {reason}");

        var room = area.End - area.Start;
        BootMemory.Require(kernel, header.ImageSize, initrd, room);
        if (header.TextOffset > room || header.ImageSize > room - header.TextOffset)
        {
            throw new BootException(
                $"cannot boot '{kernel}': the kernel takes {BootReading.Size(header.ImageSize)} "
                + $"from {BootReading.Size(header.TextOffset)} up, and the guest has {BootReading.Size(room)} of memory");
        }

        area.TrySkip(header.TextOffset);
        var entry = area.Position;

        // A file longer than its own header says is not a kernel: a few bytes of compressed data can unpack to any length.
        if (!BootReading.Guard(kernel, () => area.TryAppend(image, header.ImageSize, cancellationToken)))
            throw new BootException($"cannot boot '{kernel}': it is longer than the {BootReading.Size(header.ImageSize)} its header says");

        var length = area.Position - entry;
        if (length < header.FileSize)
            throw new BootException($"cannot boot '{kernel}': it is cut off: {length} bytes of {header.FileSize} are there");

        area.TrySkip(header.ImageSize - length);
        return entry;
    }
}
