namespace Virtio.Bench.Guests;

/// <summary>What tells a kernel in a guest's memory from other bytes.</summary>
/// <param name="Offset">Where it is in the kernel.</param>
/// <param name="Bytes">What is there.</param>
internal sealed record GuestSignature(long Offset, byte[] Bytes);
