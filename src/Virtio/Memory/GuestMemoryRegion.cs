using Microsoft.Win32.SafeHandles;

namespace Virtio.Memory;

/// <summary>One contiguous range of guest RAM and where it lies in this process.</summary>
/// <param name="Address">Guest-physical address of the first byte.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Host">Address of the first byte in this process; valid until the owning <see cref="GuestMemory"/> is disposed.</param>
public sealed record GuestMemoryRegion(ulong Address, ulong Length, nint Host)
{
    /// <summary>The file that it is a mapping of, by which other processes can have the same memory; null where they cannot. It belongs to whoever made it.</summary>
    public SafeFileHandle? File { get; init; }

    /// <summary>Offset in <see cref="File"/> of the first byte.</summary>
    public ulong FileOffset { get; init; }
}
