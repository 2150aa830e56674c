namespace Virtio.Testing;

/// <summary>A descriptor of a split ring, as it is in memory (virtio 1.4, 2.7.5).</summary>
/// <param name="Address">Guest-physical address.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Flags">Flags.</param>
/// <param name="Next">Index of the next descriptor of the chain, if the flags say that there is one.</param>
public readonly record struct SplitDescriptor(ulong Address, uint Length, SplitFlags Flags, ushort Next = 0);
