namespace Virtio.Vmm.Linux;

/// <summary>
/// Puts a riscv64 Linux, its initial ramdisks and its device tree into guest memory: the kernel where its header wants it, the others right above.
/// </summary>
internal static class LinuxLoader
{
    private const ulong PageSize = 4096;
    private const ulong KernelGranularity = 2 << 20; // the kernel maps itself with pages of 2 MiB, and keeps the last one to its end
    private const ulong InitrdAlignment = 4; // what the kernel's unpacker expects between two archives

    /// <summary>Fills an area that begins where memory begins.</summary>
    /// <param name="area">The guest's memory.</param>
    /// <param name="kernel">An <c>Image</c>, possibly compressed.</param>
    /// <param name="initrd">Archives to be one behind the other in memory.</param>
    /// <param name="deviceTree">Makes the tree once it is known where the initial ramdisk is.</param>
    /// <param name="cancellationToken">Stops a long load.</param>
    /// <exception cref="BootException">It cannot be booted; the message says why.</exception>
    public static LinuxBoot Load(
        LoadArea area, BootSource kernel, IReadOnlyList<BootSource> initrd, Func<InitrdRange?, byte[]> deviceTree, CancellationToken cancellationToken)
    {
        var entry = LoadKernel(area, kernel, cancellationToken);
        area.Align(KernelGranularity);
        var range = LoadInitrd(area, initrd, cancellationToken);
        area.Align(PageSize);
        var tree = area.Position;
        if (!area.TryAppend(deviceTree(range)))
            throw new BootException($"cannot boot '{kernel}': no room is left in the guest's memory ({Size(area.End - area.Start)}) for its device tree");

        return new LinuxBoot(entry, tree);
    }

    private static ulong LoadKernel(LoadArea area, BootSource kernel, CancellationToken cancellationToken)
    {
        using var image = Guard(kernel, () => KernelFile.Open(kernel));
        if (RiscvImageHeader.Read(image.Prefix, out var reason) is not { } header)
            throw new BootException($"cannot boot '{kernel}': {reason}");

        var room = area.End - area.Start;
        if (header.TextOffset > room || header.ImageSize > room - header.TextOffset)
        {
            throw new BootException(
                $"cannot boot '{kernel}': the kernel takes {Size(header.ImageSize)} from {Size(header.TextOffset)} up, and the guest has {Size(room)} of memory");
        }

        area.TrySkip(header.TextOffset);
        var entry = area.Position;

        // What is longer than its own header says is no kernel, whatever a few bytes of compressed data unpack to.
        if (!Guard(kernel, () => area.TryAppend(image, header.ImageSize, cancellationToken)))
            throw new BootException($"cannot boot '{kernel}': it is longer than the {Size(header.ImageSize)} its header says");

        var length = area.Position - entry;
        if (length < header.FileSize)
            throw new BootException($"cannot boot '{kernel}': it is cut off: {length} bytes of {header.FileSize} are there");

        area.TrySkip(header.ImageSize - length);
        return entry;
    }

    private static InitrdRange? LoadInitrd(LoadArea area, IReadOnlyList<BootSource> initrd, CancellationToken cancellationToken)
    {
        var start = area.Position;
        foreach (var source in initrd)
        {
            area.Align(InitrdAlignment);
            using var content = Guard(source, source.Open);
            var before = area.Position;
            if (!Guard(source, () => area.TryAppend(content, area.Free, cancellationToken)))
            {
                throw new BootException(
                    $"the initial ramdisk '{source}' does not fit: beside the kernel {Size(area.End - start)} of the guest's memory are free; give it more memory");
            }

            if (area.Position == before)
                throw new BootException($"the initial ramdisk '{source}' is empty");
        }

        return initrd.Count == 0 ? null : new InitrdRange(start, area.Position);
    }

    private static T Guard<T>(BootSource source, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ZstdSharp.ZstdException)
        {
            throw new BootException($"cannot read '{source}': its compressed data is damaged or cut off", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BootException($"cannot read '{source}': {e.Message}", e);
        }
    }

    private static string Size(ulong bytes) => bytes < 1 << 20 ? $"{bytes} bytes" : $"{bytes / (1 << 20)} MiB";
}
