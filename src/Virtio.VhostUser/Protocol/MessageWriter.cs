using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Virtio.VhostUser.Protocol;

/// <summary>Builds a message to send.</summary>
internal sealed class MessageWriter
{
    private readonly byte[] _bytes = new byte[MessageHeader.Length + MessageHeader.MaximumPayload];
    private int _length;

    /// <summary>A descriptor to send with the message; the sender still owns it.</summary>
    internal SafeFileHandle? Descriptor { get; set; }

    /// <summary>Length of the payload so far, in bytes.</summary>
    internal int Length => _length;

    internal void Clear() => (_length, Descriptor) = (0, null);

    internal void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(sizeof(uint)), value);

    internal void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);

    internal void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(sizeof(ushort)), value);

    /// <summary>Reserves bytes of the payload, for the caller to fill.</summary>
    internal Span<byte> Take(int length)
    {
        Span<byte> room = _bytes.AsSpan(MessageHeader.Length + _length, length);
        _length += length;
        return room;
    }

    /// <summary>The header and the payload.</summary>
    internal ReadOnlySpan<byte> ToMessage(uint request, MessageFlags flags)
    {
        new MessageHeader(request, flags | MessageFlags.Version, (uint)_length).Write(_bytes);
        return _bytes.AsSpan(0, MessageHeader.Length + _length);
    }
}
