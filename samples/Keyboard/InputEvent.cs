using System.Buffers.Binary;

namespace Keyboard;

/// <summary>The content of both queues (virtio 1.4, 5.8.6): type, code and value as Linux numbers them in input-event-codes.h.</summary>
internal readonly record struct InputEvent(ushort Type, ushort Code, uint Value)
{
    public const int Length = 8;
    public const ushort KeyType = 1;
    public const ushort LightType = 0x11;

    /// <summary>Ends the events that belong together.</summary>
    public static InputEvent Report => default;

    public static InputEvent From(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]));

    public void CopyTo(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, Type);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], Code);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], Value);
    }
}
