using System.Buffers.Binary;

namespace Virtio.Fuzz;

/// <summary>Reads an input from front to back. After its end there are only zeros, so that a shortened input still has a meaning.</summary>
internal ref struct FuzzInput(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    internal readonly bool AtEnd => _left.IsEmpty;

    internal byte Byte()
    {
        if (_left.IsEmpty)
            return 0;
        byte value = _left[0];
        _left = _left[1..];
        return value;
    }

    internal ushort UInt16() => (ushort)(Byte() | (Byte() << 8));

    internal uint UInt32() => UInt16() | ((uint)UInt16() << 16);

    internal ulong UInt64()
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        number.Clear();
        Bytes(sizeof(ulong)).CopyTo(number);
        return BinaryPrimitives.ReadUInt64LittleEndian(number);
    }

    /// <summary>At most that many bytes.</summary>
    internal ReadOnlySpan<byte> Bytes(int count)
    {
        ReadOnlySpan<byte> bytes = _left[..Math.Min(count, _left.Length)];
        _left = _left[bytes.Length..];
        return bytes;
    }

    /// <summary>A guest-physical address. Most are in RAM and take one byte of input; the others are edge cases or arbitrary.</summary>
    internal ulong Address()
    {
        byte kind = Byte();
        return kind switch
        {
            < 0xe0 => GuestRam.Start + ((ulong)kind * (GuestRam.Size / 0xe0)),
            < 0xe8 => GuestRam.Start + GuestRam.Size - (ulong)(kind - 0xe0),
            < 0xec => GuestRam.BehindHole + (ulong)(kind - 0xe8),
            < 0xf0 => GuestRam.Start - (ulong)(kind - 0xeb),
            < 0xf4 => ulong.MaxValue - (ulong)((kind - 0xf0) * 8),
            0xf4 => 0,
            0xf5 => 1UL << 63,
            0xf6 => GuestRam.Registers + 0x50,
            < 0xfc => GuestRam.Start + UInt16(),
            _ => UInt64(),
        };
    }

    internal uint Length()
    {
        byte kind = Byte();
        return kind switch
        {
            < 0xe0 => kind,
            < 0xf0 => (uint)(kind - 0xe0) * 0x100,
            0xf0 => uint.MaxValue,
            0xf1 => 0x8000_0000,
            0xf2 => 0xffff_fff0,
            0xf3 => 0x7fff_ffff,
            0xf4 => GuestRam.Size,
            0xf5 => GuestRam.Size + 1,
            < 0xfc => UInt16(),
            _ => UInt32(),
        };
    }
}
