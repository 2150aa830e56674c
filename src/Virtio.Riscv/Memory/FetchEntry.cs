namespace Virtio.Riscv;

/// <summary>An entry of the fetch TLB: a virtual page and its decoded page.</summary>
internal struct FetchEntry
{
    /// <summary>Page-aligned virtual address; all ones if the entry is empty.</summary>
    public ulong Tag;

    /// <summary>Index of the first slot in the decoded pages.</summary>
    public long FirstSlot;
}
