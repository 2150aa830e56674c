using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Virtio.VhostUser.Protocol;

/// <summary>Puts a message together that is sent to the other side.</summary>
internal sealed class MessageWriter
{
    private readonly byte[] _bytes = new byte[MessageHeader.Length + MessageHeader.MaximumPayload];
    private int _length;

    /// <summary>Goes with it, and remains the sender's.</summary>
    internal SafeFileHandle? Descriptor { get; set; }

    /// <summary>Bytes of payload so far.</summary>
    internal int Length => _length;

    internal void Clear() => (_length, Descriptor) = (0, null);

    internal void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(sizeof(uint)), value);

    internal void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);

    internal void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(sizeof(ushort)), value);

    /// <summary>Room in the payload, to be filled.</summary>
    internal Span<byte> Take(int length)
    {
        Span<byte> room = _bytes.AsSpan(MessageHeader.Length + _length, length);
        _length += length;
        return room;
    }

    /// <summary>The whole message.</summary>
    internal ReadOnlySpan<byte> ToMessage(uint request, MessageFlags flags)
    {
        new MessageHeader(request, flags | MessageFlags.Version, (uint)_length).Write(_bytes);
        return _bytes.AsSpan(0, MessageHeader.Length + _length);
    }
}
