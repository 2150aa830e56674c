namespace Virtio.Riscv;

/// <summary>An entry of a software TLB: a virtual page, and the difference between its host address and its virtual address.</summary>
internal struct TlbEntry
{
    /// <summary>Page-aligned virtual address; all ones, which no access can produce, if the entry is empty.</summary>
    public ulong Tag;

    /// <summary>Host address minus virtual address.</summary>
    public nint Addend;
}
