namespace Virtio.Memory;

/// <summary>One contiguous range of guest RAM and where it lies in this process.</summary>
/// <param name="Address">Guest-physical address of the first byte.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Host">Address of the first byte in this process; valid until the owning <see cref="GuestMemory"/> is disposed.</param>
public sealed record GuestMemoryRegion(ulong Address, ulong Length, nint Host);
