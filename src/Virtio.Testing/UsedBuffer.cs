namespace Virtio.Testing;

/// <summary>A chain that the device has given back.</summary>
/// <param name="Id">The id that the driver gave it.</param>
/// <param name="Length">Bytes that the device says it wrote.</param>
public readonly record struct UsedBuffer(ushort Id, uint Length);
