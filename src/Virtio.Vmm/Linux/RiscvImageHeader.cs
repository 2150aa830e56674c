using System.Buffers.Binary;

namespace Virtio.Vmm.Linux;

/// <summary>The 64 bytes at the beginning of a riscv64 <c>Image</c> (Linux, Documentation/arch/riscv/boot-image-header.rst).</summary>
/// <param name="TextOffset">The offset of the image from the start of memory.</param>
/// <param name="ImageSize">The memory that it takes in bytes, from its first byte to the end of its zeroed data.</param>
/// <param name="FileSize">The file length in bytes that its own section table gives, or 0 if it has none.</param>
internal readonly record struct RiscvImageHeader(ulong TextOffset, ulong ImageSize, ulong FileSize)
{
    private const int Size = 64;
    private const ulong BigEndianFlag = 1;
    private const ulong Alignment = 2 << 20; // "a 2MB aligned address in case of RV64"

    // The address that U-Boot is linked to run at, and room for the zeroed data after it, which a flat image does not describe.
    private static readonly RiscvImageHeader UBoot = new(Alignment, 8 << 20, 0);

    /// <summary>Reads and checks the header. A U-Boot has no header; the result is the one that fits it.</summary>
    /// <returns>Null and why the file cannot be booted, as the end of a sentence.</returns>
    public static RiscvImageHeader? Read(ReadOnlySpan<byte> prefix, out string reason)
    {
        reason = "";
        if (KernelFormat.IsRiscvUBoot(prefix))
            return UBoot;
        if (prefix.Length < Size || !KernelFormat.IsRiscvImage(prefix))
        {
            reason = KernelFormat.Describe(prefix, KernelArchitecture.Riscv64);
            return null;
        }

        var header = new RiscvImageHeader(UInt64At(prefix, 8), UInt64At(prefix, 16), PeFileSize(prefix));
        if ((UInt64At(prefix, 24) & BigEndianFlag) != 0)
            reason = "it is a big-endian riscv kernel";
        else if (header.ImageSize < Size)
            reason = "its header does not say how much memory it takes";
        else if (header.TextOffset % Alignment != 0)
            reason = $"it asks for an address that is no multiple of 2 MiB (text_offset 0x{header.TextOffset:x})";
        else
            return header;

        return null;
    }

    private static ulong UInt64At(ReadOnlySpan<byte> prefix, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(prefix[offset..]);

    /// <summary>
    /// A kernel with an EFI stub is also a PE file, whose section table gives the length of the file. Only this reveals that a raw image
    /// was cut off.
    /// </summary>
    private static ulong PeFileSize(ReadOnlySpan<byte> prefix)
    {
        const int SectionSize = 40;
        var pe = BinaryPrimitives.ReadUInt32LittleEndian(prefix[0x3c..]);
        if (!prefix.StartsWith("MZ"u8) || pe > (uint)prefix.Length - 24 || !prefix[(int)pe..].StartsWith("PE\0\0"u8))
            return 0;

        var coff = prefix[((int)pe + 4)..];
        var sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(coff[2..]);
        var sections = 20 + BinaryPrimitives.ReadUInt16LittleEndian(coff[16..]);
        ulong size = 0;
        for (var i = 0; i < sectionCount && sections + (i + 1) * SectionSize <= coff.Length; i++)
        {
            var section = coff[(sections + i * SectionSize)..];
            var end = (ulong)BinaryPrimitives.ReadUInt32LittleEndian(section[16..])
                + BinaryPrimitives.ReadUInt32LittleEndian(section[20..]);
            size = Math.Max(size, end);
        }

        return size;
    }
}
