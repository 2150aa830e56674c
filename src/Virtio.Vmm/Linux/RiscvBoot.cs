namespace Virtio.Vmm.Linux;

/// <summary>The entry of a loaded kernel.</summary>
/// <param name="Entry">The address of its first instruction.</param>
/// <param name="DeviceTree">The address of its device tree.</param>
internal readonly record struct RiscvBoot(ulong Entry, ulong DeviceTree);
