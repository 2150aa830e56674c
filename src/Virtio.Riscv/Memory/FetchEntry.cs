namespace Virtio.Riscv;

/// <summary>One page of the fetch TLB: the virtual page and the decoded page behind it.</summary>
internal struct FetchEntry
{
    /// <summary>Page-aligned virtual address; all ones where the entry is empty.</summary>
    public ulong Tag;

    /// <summary>Index of the first slot in the decoded pages.</summary>
    public long FirstSlot;
}
