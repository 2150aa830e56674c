namespace Virtio.Testing;

/// <summary>A descriptor of the packed ring, byte for byte (virtio 1.4, 2.8.13), to write what no correct driver writes.</summary>
/// <param name="Address">Guest-physical address.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Id">Buffer id.</param>
/// <param name="Flags">Flags.</param>
public readonly record struct PackedDescriptor(ulong Address, uint Length, ushort Id, PackedFlags Flags)
{
    /// <summary>Bytes of a descriptor.</summary>
    public const int Size = 16;

    internal ulong Word => Length | ((ulong)Id << 32) | ((ulong)Flags << 48);

    internal static PackedDescriptor From(ulong address, ulong word) =>
        new(address, unchecked((uint)word), unchecked((ushort)(word >> 32)), (PackedFlags)(word >> 48));
}
