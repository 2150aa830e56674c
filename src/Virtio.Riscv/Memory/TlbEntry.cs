namespace Virtio.Riscv;

/// <summary>One page of a software TLB: the virtual page and what must be added to a virtual address to get the host's.</summary>
internal struct TlbEntry
{
    /// <summary>Page-aligned virtual address; all ones, which no access can produce, where the entry is empty.</summary>
    public ulong Tag;

    /// <summary>Host address minus virtual address.</summary>
    public nint Addend;
}
