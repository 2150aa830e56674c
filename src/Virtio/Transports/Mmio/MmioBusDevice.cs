using Virtio.Devices;

namespace Virtio.Transports.Mmio;

/// <summary>A device and its place on the bus.</summary>
/// <param name="Device">The device.</param>
/// <param name="Address">Guest-physical address of its registers.</param>
/// <param name="Size">Bytes of its register space.</param>
/// <param name="Interrupt">Its interrupt number.</param>
public sealed record MmioBusDevice(IVirtioDevice Device, ulong Address, uint Size, int Interrupt);
