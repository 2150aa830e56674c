namespace Virtio.Testing;

/// <summary>A descriptor of a split ring, as it is in memory (virtio 1.4, 2.7.5).</summary>
/// <param name="Address">Guest-physical address.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Flags">What it is.</param>
/// <param name="Next">Index of the next in its chain, where the flags say that there is one.</param>
public readonly record struct SplitDescriptor(ulong Address, uint Length, SplitFlags Flags, ushort Next = 0);
