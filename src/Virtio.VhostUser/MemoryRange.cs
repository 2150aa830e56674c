namespace Virtio.VhostUser;

/// <summary>Where a region of guest memory lies: its guest address, and its address in the front-end's process.</summary>
internal readonly record struct MemoryRange(ulong GuestAddress, ulong Length, ulong UserAddress)
{
    public override string ToString() => $"0x{GuestAddress:x}+0x{Length:x} (0x{UserAddress:x} at the front-end)";
}
