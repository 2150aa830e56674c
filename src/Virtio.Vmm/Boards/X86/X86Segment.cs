namespace Virtio.Vmm.Boards.X86;

/// <summary>A segment register and its descriptor; base zero, present, privilege level 0.</summary>
/// <param name="Selector">The selector of the descriptor.</param>
/// <param name="Type">The descriptor's type field.</param>
/// <param name="IsSystem">Whether it is a system segment, not code or data.</param>
/// <param name="IsLong">Whether it is 64-bit code.</param>
/// <param name="Is32Bit">Whether it is 32-bit code or data.</param>
/// <param name="Limit">The offset of its last byte. Above 1 MiB the limit counts in pages (granularity).</param>
internal readonly record struct X86Segment(ushort Selector, byte Type, bool IsSystem, bool IsLong, bool Is32Bit, uint Limit)
{
    /// <summary>Whether the limit counts in pages of 4 KiB.</summary>
    public bool HasPageGranularity => Limit > 0xf_ffff;

    /// <summary>The eight bytes of the descriptor.</summary>
    public ulong Descriptor
    {
        get
        {
            const ulong Present = 1UL << 47;
            const ulong CodeOrData = 1UL << 44;
            ulong limit = HasPageGranularity ? Limit >> 12 : Limit;
            return (limit & 0xffff) | (limit >> 16 << 48) | ((ulong)Type << 40) | Present
                | (IsSystem ? 0 : CodeOrData) | (IsLong ? 1UL << 53 : 0) | (Is32Bit ? 1UL << 54 : 0) | (HasPageGranularity ? 1UL << 55 : 0);
        }
    }
}
