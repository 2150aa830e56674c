namespace Virtio.Testing;

/// <summary>The geometry of a queue, as a driver writes it into the registers.</summary>
/// <param name="Size">Number of descriptors.</param>
/// <param name="Descriptor">Guest-physical address of the descriptor area.</param>
/// <param name="Driver">Guest-physical address of the driver area.</param>
/// <param name="Device">Guest-physical address of the device area.</param>
public readonly record struct QueueAreas(uint Size, ulong Descriptor, ulong Driver, ulong Device);
