namespace Virtio.Vmm.Images;

/// <summary>A part of a <see cref="JoinedStream"/>.</summary>
/// <param name="Content">Read from its current position.</param>
/// <param name="Length">The number of bytes to read; null: to the end.</param>
/// <param name="Name">Its name in the message that says that the stream ended early.</param>
internal readonly record struct StreamPart(Stream Content, long? Length, string Name);
