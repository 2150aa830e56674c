using System.Buffers.Binary;

namespace Virtio.VhostUser.Protocol;

/// <summary>Reads a message's payload in order. A payload that is too short is refused; extra bytes at its end are ignored.</summary>
internal ref struct MessageReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    internal readonly bool IsEmpty => _rest.IsEmpty;

    internal uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(sizeof(uint)));

    internal ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(ReadBytes(sizeof(ulong)));

    internal ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(ReadBytes(sizeof(ushort)));

    internal ReadOnlySpan<byte> ReadBytes(uint count)
    {
        if (count > (uint)_rest.Length)
            throw new ProtocolException($"the message ends {count - (uint)_rest.Length} bytes too early");
        ReadOnlySpan<byte> bytes = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return bytes;
    }
}
