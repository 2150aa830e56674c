namespace Virtio.Vmm.Images;

/// <summary>A part of a <see cref="JoinedStream"/>.</summary>
/// <param name="Content">Read from where it stands.</param>
/// <param name="Length">How many bytes are read; null: to the end.</param>
/// <param name="Name">What a message calls it that has to say that it ended before.</param>
internal readonly record struct StreamPart(Stream Content, long? Length, string Name);
