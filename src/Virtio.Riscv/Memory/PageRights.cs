namespace Virtio.Riscv;

/// <summary>The rights of an access by the privilege mode and the bits SUM and MXR of <c>sstatus</c>.</summary>
internal readonly record struct PageRights(bool IsUser, bool MayAccessUser, bool MayReadExecutable);
