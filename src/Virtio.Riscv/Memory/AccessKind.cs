namespace Virtio.Riscv;

/// <summary>The kinds of access to a page.</summary>
internal enum AccessKind
{
    Fetch,
    Load,
    Store,
}
