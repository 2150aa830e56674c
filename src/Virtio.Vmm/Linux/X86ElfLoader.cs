using Virtio.Memory;
using Virtio.Vmm.Boards.X86;

namespace Virtio.Vmm.Linux;

/// <summary>Loads an ELF file with a PVH entry: an uncompressed kernel (vmlinux) that was built with CONFIG_PVH.</summary>
internal static class X86ElfLoader
{
    private const int BlockSize = 256 * 1024;

    /// <summary>Loads the kernel with its ramdisks.</summary>
    public static X86Boot Load(
        GuestMemory memory,
        PrefixedStream image,
        LinuxFiles files,
        ulong acpiRoot,
        CancellationToken cancellationToken)
    {
        var kernel = files.Kernel;
        var end = memory.Regions[0].Length;
        var segments = ElfHeader.Read(image.Prefix, out var reason);
        reason = segments is null ? reason : FaultOf(segments, end);
        if (segments is null || reason.Length > 0)
            throw new BootException($"cannot boot '{kernel}': {reason}");

        byte[][] notes = [.. segments.Select(segment => segment.IsNote ? new byte[segment.FileSize] : [])];
        var missing = BootReading.Guard(kernel, () => Read(memory, image, segments, notes, cancellationToken));
        if (missing > 0)
            throw new BootException($"cannot boot '{kernel}': it is cut off: {missing} bytes at its end are missing");

        var entry = FindEntry(notes, out reason);
        bool IsLoaded(ElfSegment segment) => !segment.IsNote && entry >= segment.Address && entry < segment.Address + segment.FileSize;
        if (reason.Length == 0 && !segments.Any(IsLoaded))
            reason = $"its PVH entry 0x{entry:x} is not in what is loaded";
        if (reason.Length > 0)
            throw new BootException($"cannot boot '{kernel}': {reason}");

        var kernelEnd = segments.Where(segment => !segment.IsNote).Max(segment => segment.MemoryEnd);
        var initrd = X86Initrd.Load(memory, files.Initrd, kernelEnd, end, cancellationToken);
        PvhStartInfo.Write(memory, initrd, acpiRoot);
        return new X86Boot(X86BootProtocol.Pvh, entry, X86BoardLayout.StartInfoAddress);
    }

    private static string FaultOf(List<ElfSegment> segments, ulong end)
    {
        ElfSegment? below = null;
        foreach (var segment in segments.Where(segment => !segment.IsNote).OrderBy(segment => segment.Address))
        {
            var range = $"0x{segment.Address:x} to 0x{segment.MemoryEnd:x}";
            if (segment.Address < X86BoardLayout.HighMemoryAddress)
                return $"a segment of it ({range}) is below 1 MiB, where the machine's own tables are";
            if (segment.MemoryEnd > end)
                return $"a segment of it ({range}) is beyond the guest's memory, which has {BootReading.Size(end)} there; give it more";
            if (below is { } other && other.MemoryEnd > segment.Address)
                return $"a segment of it ({range}) overlaps the one at 0x{other.Address:x}";
            below = segment;
        }

        return below is null ? "it is an ELF file with nothing to load" : "";
    }

    /// <summary>Reads the file once from front to back, because it may be a stream, and copies each block to its segments.</summary>
    /// <returns>The number of bytes that are missing at its end.</returns>
    private static ulong Read(
        GuestMemory memory, PrefixedStream image, List<ElfSegment> segments, byte[][] notes, CancellationToken cancellationToken)
    {
        var block = new byte[BlockSize];
        var end = segments.Max(segment => segment.FileEnd);
        for (ulong position = 0; position < end;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var length = image.Read(block);
            if (length == 0)
                return end - position;

            for (var i = 0; i < segments.Count; i++)
            {
                var segment = segments[i];
                var from = Math.Max(position, segment.Offset);
                var to = Math.Min(position + (ulong)length, segment.FileEnd);
                if (from >= to)
                    continue;
                var part = block.AsSpan((int)(from - position), (int)(to - from));
                if (segment.IsNote)
                    part.CopyTo(notes[i].AsSpan((int)(from - segment.Offset)));
                else
                    memory.TryWrite(segment.Address + (from - segment.Offset), part);
            }

            position += (ulong)length;
        }

        return 0;
    }

    private static ulong FindEntry(IEnumerable<byte[]> notes, out string reason)
    {
        foreach (var content in notes)
        {
            var entry = PvhNote.Find(content, out reason);
            if (entry is not null || reason.Length > 0)
                return entry ?? 0;
        }

        reason = "it is an ELF kernel without a PVH entry: build it with CONFIG_PVH=y, "
            + "or take its bzImage (arch/x86/boot/bzImage in its build)";
        return 0;
    }
}
