namespace Virtio.Vmm.Linux;

/// <summary>A part of an ELF file that a program header describes.</summary>
/// <param name="IsNote">Whether it holds notes; otherwise it is to be loaded.</param>
/// <param name="Offset">Its offset in the file.</param>
/// <param name="FileSize">Its length in the file, in bytes.</param>
/// <param name="Address">Its physical address in memory.</param>
/// <param name="MemorySize">Its length in memory, in bytes.</param>
internal readonly record struct ElfSegment(bool IsNote, ulong Offset, ulong FileSize, ulong Address, ulong MemorySize)
{
    /// <summary>The end in the file.</summary>
    public ulong FileEnd => Offset + FileSize;

    /// <summary>The end in memory.</summary>
    public ulong MemoryEnd => Address + MemorySize;
}
