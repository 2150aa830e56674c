using Microsoft.Win32.SafeHandles;

namespace Virtio.Memory;

/// <summary>One contiguous range of guest RAM and its place in this process.</summary>
/// <param name="Address">Guest-physical address of the first byte.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Host">Address of the first byte in this process; valid until the owning <see cref="GuestMemory"/> is disposed.</param>
public sealed record GuestMemoryRegion(ulong Address, ulong Length, nint Host)
{
    /// <summary>
    /// The file that the region maps, through which other processes can map the same memory; null for private memory. The creator of the
    /// region owns the handle.
    /// </summary>
    public SafeFileHandle? File { get; init; }

    /// <summary>Offset of the first byte in <see cref="File"/>.</summary>
    public ulong FileOffset { get; init; }
}
