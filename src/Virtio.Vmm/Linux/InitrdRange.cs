namespace Virtio.Vmm.Linux;

/// <summary>Where an initial ramdisk is: its first address and the one after its last.</summary>
internal readonly record struct InitrdRange(ulong Start, ulong End);
