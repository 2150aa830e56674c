using System.Buffers.Binary;

namespace Virtio.Vmm.Linux;

/// <summary>Finds the PVH entry in an ELF file's notes (Xen, xen/include/public/elfnote.h).</summary>
internal static class PvhNote
{
    private const uint Physical32Entry = 18; // XEN_ELFNOTE_PHYS32_ENTRY
    private const int HeaderSize = 12;

    /// <summary>Finds the address of the first instruction.</summary>
    /// <param name="notes">The content of one segment of notes.</param>
    /// <param name="fault">The fault in the notes, as the end of a sentence; empty if there is none.</param>
    /// <returns>Null if the notes have no PVH entry.</returns>
    public static ulong? Find(ReadOnlySpan<byte> notes, out string fault)
    {
        fault = "";
        while (notes.Length >= HeaderSize)
        {
            var nameSize = BinaryPrimitives.ReadUInt32LittleEndian(notes);
            var contentSize = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            var type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            notes = notes[HeaderSize..];
            if (Aligned(nameSize) + contentSize > (ulong)notes.Length)
            {
                fault = "its notes are damaged: one goes beyond their end";
                return null;
            }

            var content = notes.Slice((int)Aligned(nameSize), (int)contentSize);
            if (type == Physical32Entry && notes[..(int)nameSize].SequenceEqual("Xen\0"u8))
                return Entry(content, out fault);

            // The padding of the last note may be missing.
            notes = notes[(int)Math.Min(Aligned(nameSize) + Aligned(contentSize), (ulong)notes.Length)..];
        }

        return null;
    }

    private static ulong? Entry(ReadOnlySpan<byte> content, out string fault)
    {
        fault = content.Length is sizeof(uint) or sizeof(ulong)
            ? ""
            : $"its note with the PVH entry has {content.Length} bytes instead of 4 or 8";
        return content.Length switch
        {
            sizeof(uint) => BinaryPrimitives.ReadUInt32LittleEndian(content),
            sizeof(ulong) => BinaryPrimitives.ReadUInt64LittleEndian(content),
            _ => null,
        };
    }

    private static ulong Aligned(uint size) => ((ulong)size + 3) & ~3UL;
}
