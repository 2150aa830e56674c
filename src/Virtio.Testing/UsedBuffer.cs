namespace Virtio.Testing;

/// <summary>A chain that the device has completed.</summary>
/// <param name="Id">The id that the driver gave it.</param>
/// <param name="Length">Number of bytes that the device wrote, as it says.</param>
public readonly record struct UsedBuffer(ushort Id, uint Length);
