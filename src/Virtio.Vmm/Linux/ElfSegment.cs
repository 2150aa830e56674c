namespace Virtio.Vmm.Linux;

/// <summary>A part of an ELF file that its program headers name.</summary>
/// <param name="IsNote">Whether it holds notes; else it is to be loaded.</param>
/// <param name="Offset">Where it is in the file.</param>
/// <param name="FileSize">How long it is there.</param>
/// <param name="Address">Where it belongs in physical memory.</param>
/// <param name="MemorySize">How much it takes there.</param>
internal readonly record struct ElfSegment(bool IsNote, ulong Offset, ulong FileSize, ulong Address, ulong MemorySize)
{
    /// <summary>The end in the file.</summary>
    public ulong FileEnd => Offset + FileSize;

    /// <summary>The end in memory.</summary>
    public ulong MemoryEnd => Address + MemorySize;
}
