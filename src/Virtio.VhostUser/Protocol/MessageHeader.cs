using System.Buffers.Binary;

namespace Virtio.VhostUser.Protocol;

/// <summary>The twelve bytes that every message begins with.</summary>
internal readonly record struct MessageHeader(uint Request, MessageFlags Flags, uint Size)
{
    internal const int Length = 12;

    /// <summary>More than any message has. Nothing longer is read, or given room.</summary>
    internal const int MaximumPayload = 4096;

    internal static MessageHeader Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        (MessageFlags)BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Request);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], (uint)Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Size);
    }
}
