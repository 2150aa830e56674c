namespace Virtio.Vmm.Linux;

/// <summary>Reads the files that a loader loads; every failure becomes a message that says why the file cannot be booted.</summary>
internal static class BootReading
{
    private const ulong ArchiveAlignment = 4; // the kernel's unpacker expects it between two archives

    /// <summary>Reads from a source.</summary>
    /// <exception cref="BootException">The source could not be read; the message says why.</exception>
    public static T Guard<T>(BootSource source, Func<T> read)
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

    /// <summary>Puts initial ramdisks into guest memory, one after the other.</summary>
    /// <param name="initrd">The ramdisks.</param>
    /// <param name="place">
    /// Returns the area for the ramdisks. Its argument is the total length that they report, zero where that is not known. The reported
    /// length is not trusted.
    /// </param>
    /// <param name="cancellationToken">Stops a long load.</param>
    /// <returns>The range that they occupy; null if there are none.</returns>
    public static InitrdRange? LoadInitrd(
        IReadOnlyList<BootSource> initrd,
        Func<ulong, LoadArea> place,
        CancellationToken cancellationToken)
    {
        if (initrd.Count == 0)
            return null;

        var contents = new List<Stream>();
        try
        {
            foreach (var source in initrd)
                contents.Add(Guard(source, source.Open));
            var area = place(LengthOf(contents));
            var start = area.Position;
            for (var i = 0; i < contents.Count; i++)
                Append(area, start, initrd[i], contents[i], cancellationToken);
            return new InitrdRange(start, area.Position);
        }
        finally
        {
            contents.ForEach(content => content.Dispose());
        }
    }

    /// <summary>Formats an amount of memory for messages.</summary>
    public static string Size(ulong bytes) => bytes < 1 << 20 ? $"{bytes} bytes" : $"{bytes / (1 << 20)} MiB";

    private static void Append(LoadArea area, ulong start, BootSource source, Stream content, CancellationToken cancellationToken)
    {
        area.Align(ArchiveAlignment);
        var before = area.Position;
        if (!Guard(source, () => area.TryAppend(content, area.Free, cancellationToken)))
        {
            throw new BootException(
                $"the initial ramdisk '{source}' does not fit: "
                + $"beside the kernel {Size(area.End - start)} of the guest's memory are free; give it more memory");
        }

        if (area.Position == before)
            throw new BootException($"the initial ramdisk '{source}' is empty");
    }

    private static ulong LengthOf(List<Stream> contents)
    {
        ulong sum = 0;
        foreach (var content in contents)
        {
            // Some files, as in /proc, report no content although they have some.
            if (!content.CanSeek || content.Length == 0)
                return 0;
            sum = sum + (ulong)content.Length + ArchiveAlignment - 1 & ~(ArchiveAlignment - 1);
        }

        return sum;
    }
}
