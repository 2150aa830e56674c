namespace Virtio.Bench.Guests;

/// <summary>The bytes that identify a kernel in a guest's memory.</summary>
/// <param name="Offset">Their offset in the kernel.</param>
/// <param name="Bytes">The bytes.</param>
internal sealed record GuestSignature(long Offset, byte[] Bytes);
