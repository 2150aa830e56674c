namespace Virtio.Riscv;

/// <summary>Host memory that the guest sees as RAM. The caller owns it and must keep it until the machine is disposed.</summary>
/// <param name="Address">First guest-physical address, a multiple of 4096.</param>
/// <param name="Host">Address of the memory in this process, a multiple of 8.</param>
/// <param name="Length">Length in bytes, a multiple of 4096.</param>
public readonly record struct RiscvMemoryRegion(ulong Address, nint Host, ulong Length);
