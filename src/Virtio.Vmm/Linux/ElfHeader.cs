using System.Buffers.Binary;

namespace Virtio.Vmm.Linux;

/// <summary>Reads the headers of a 64-bit ELF file (System V ABI, chapters 4 and 5).</summary>
internal static class ElfHeader
{
    private const int Size = 64;
    private const int ProgramHeaderSize = 56;
    private const uint LoadType = 1;
    private const uint NoteType = 4;
    private const byte Class64 = 2;
    private const byte LittleEndian = 1;
    private const ulong LongestFile = 1 << 30; // far above any kernel; a compressed file could claim any size
    private const ulong LongestNotes = 1 << 16;

    /// <summary>Reads the segments to load, and the notes.</summary>
    /// <param name="prefix">The beginning of the file, which must hold all program headers.</param>
    /// <param name="reason">Why the file cannot be booted, as the end of a sentence.</param>
    /// <returns>Its segments, all with their ends in range; null if the file cannot be booted.</returns>
    public static List<ElfSegment>? Read(ReadOnlySpan<byte> prefix, out string reason)
    {
        reason = "";
        if (KernelFormat.ArchitectureOf(prefix) != KernelArchitecture.X86)
            reason = KernelFormat.Describe(prefix, KernelArchitecture.X86);
        else if (prefix.Length < Size)
            reason = "it is cut off within its ELF header";
        else if (prefix[4] != Class64 || prefix[5] != LittleEndian)
            reason = "it is an ELF file of 32 bits, and a kernel of 64 bits is needed";
        else
            return ReadSegments(prefix, out reason);

        return null;
    }

    private static List<ElfSegment>? ReadSegments(ReadOnlySpan<byte> prefix, out string reason)
    {
        var offset = BinaryPrimitives.ReadUInt64LittleEndian(prefix[32..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(prefix[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(prefix[56..]);
        reason = "";
        if (count == 0)
            reason = "it is an ELF file with nothing to load (no program headers)";
        else if (size != ProgramHeaderSize)
            reason = $"its program headers are {size} bytes long, and {ProgramHeaderSize} are right";
        else if (offset > (ulong)prefix.Length || (ulong)(count * ProgramHeaderSize) > (ulong)prefix.Length - offset)
            reason = $"its program headers are not all in its first {prefix.Length} bytes (offset 0x{offset:x}, {count} of them)";
        if (reason.Length > 0)
            return null;

        var segments = new List<ElfSegment>();
        for (var i = 0; i < count; i++)
        {
            var header = prefix[((int)offset + i * ProgramHeaderSize)..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) is not (LoadType or NoteType)
                || Read(header) is not { MemorySize: > 0 } segment)
            {
                continue;
            }

            if (FaultOf(segment) is { } fault)
            {
                reason = $"its program header {i} {fault}";
                return null;
            }

            segments.Add(segment);
        }

        return segments;
    }

    private static ElfSegment Read(ReadOnlySpan<byte> header)
    {
        var isNote = BinaryPrimitives.ReadUInt32LittleEndian(header) == NoteType;
        var fileSize = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        return new ElfSegment(
            isNote,
            Offset: BinaryPrimitives.ReadUInt64LittleEndian(header[8..]),
            fileSize,
            Address: BinaryPrimitives.ReadUInt64LittleEndian(header[24..]),
            MemorySize: isNote ? fileSize : BinaryPrimitives.ReadUInt64LittleEndian(header[40..]));
    }

    private static string? FaultOf(ElfSegment segment)
    {
        if (segment.Offset > LongestFile || segment.FileSize > LongestFile - segment.Offset)
            return $"reaches further into the file than any kernel is long (offset 0x{segment.Offset:x}, 0x{segment.FileSize:x} bytes)";
        if (segment.IsNote)
            return segment.FileSize > LongestNotes ? $"has 0x{segment.FileSize:x} bytes of notes, more than any kernel" : null;
        if (segment.FileSize > segment.MemorySize)
            return $"has more bytes in the file (0x{segment.FileSize:x}) than in memory (0x{segment.MemorySize:x})";
        return segment.MemorySize > ulong.MaxValue - segment.Address
            ? $"goes beyond the last address (0x{segment.Address:x}, 0x{segment.MemorySize:x} bytes)"
            : null;
    }
}
