namespace Virtio.Riscv;

/// <summary>What an access wants of a page.</summary>
internal enum AccessKind
{
    Fetch,
    Load,
    Store,
}
