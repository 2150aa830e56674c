namespace Virtio.Vmm.Linux;

/// <summary>The range of an initial ramdisk in memory: its first address and the address after its last byte.</summary>
internal readonly record struct InitrdRange(ulong Start, ulong End);
