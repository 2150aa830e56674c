using System.Buffers.Binary;

namespace Virtio.VhostUser.Protocol;

/// <summary>The header of every message: twelve bytes.</summary>
internal readonly record struct MessageHeader(uint Request, MessageFlags Flags, uint Size)
{
    internal const int Length = 12;

    /// <summary>Limit for the payload, larger than that of any message. A longer one is refused before memory is used for it.</summary>
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
