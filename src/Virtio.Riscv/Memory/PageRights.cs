namespace Virtio.Riscv;

/// <summary>What the privilege mode and the bits SUM and MXR of <c>sstatus</c> let an access do.</summary>
internal readonly record struct PageRights(bool IsUser, bool MayAccessUser, bool MayReadExecutable);
