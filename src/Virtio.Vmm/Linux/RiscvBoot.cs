namespace Virtio.Vmm.Linux;

/// <summary>Where a loaded kernel begins.</summary>
/// <param name="Entry">Its first instruction.</param>
/// <param name="DeviceTree">Its device tree.</param>
internal readonly record struct RiscvBoot(ulong Entry, ulong DeviceTree);
