using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Virtio.Memory;

namespace Virtio.Fuzz;

/// <summary>A small guest RAM with known content: bytes that were not given to a device must not change.</summary>
internal sealed class GuestRam
{
    internal const ulong Start = 0x8000_0000;
    internal const int Size = 0x8000;
    internal const ulong BehindHole = 0x9000_0000;
    internal const int SizeBehindHole = 0x1000;
    internal const ulong Registers = 0xd000_0000;

    private readonly byte[] _pattern = new byte[Size + SizeBehindHole];
    private readonly byte[] _expected = new byte[Size + SizeBehindHole];

    internal GuestRam()
    {
        new Random(1).NextBytes(_pattern);
        Reset();
    }

    internal GuestMemory Memory { get; } = GuestMemory.Allocate((Start, (ulong)Size), (BehindHole, (ulong)SizeBehindHole));

    /// <summary>Restores the initial content.</summary>
    internal void Reset()
    {
        _pattern.CopyTo(_expected, 0);
        _pattern.AsSpan(0, Size).CopyTo(Part(0));
        _pattern.AsSpan(Size).CopyTo(Part(1));
    }

    /// <summary>Writes as the guest.</summary>
    internal void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        Check.That(Memory.TryWrite(address, bytes));
        Permit(Part(0).Slice((int)(address - Start), bytes.Length));
    }

    internal void Write<T>(ulong address, T value)
        where T : unmanaged => Write(address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    internal T Read<T>(ulong address)
        where T : unmanaged
    {
        T value = default;
        Check.That(Memory.TryRead(address, MemoryMarshal.AsBytes(new Span<T>(ref value))));
        return value;
    }

    internal void Clear(ulong address, int length)
    {
        Span<byte> bytes = Part(0).Slice((int)(address - Start), length);
        bytes.Clear();
        Permit(bytes);
    }

    /// <summary>Makes the current content of these bytes the expected content.</summary>
    internal void Permit(ReadOnlySpan<byte> bytes) => bytes.CopyTo(_expected.AsSpan(OffsetOf(bytes)));

    internal void Permit(ulong address, int length) => Permit(Part(0).Slice((int)(address - Start), length));

    /// <summary>The offset of some bytes in all of RAM.</summary>
    internal int OffsetOf(ReadOnlySpan<byte> bytes)
    {
        for (int part = 0; part < 2; part++)
        {
            Span<byte> all = Part(part);
            long offset = Unsafe.ByteOffset(ref MemoryMarshal.GetReference(all), ref MemoryMarshal.GetReference(bytes));
            if (offset >= 0 && offset + bytes.Length <= all.Length)
                return (int)offset + (part * Size);
        }

        throw new FindingException($"{bytes.Length} bytes that are not guest RAM were given out");
    }

    internal void AssertUntouched()
    {
        AssertSame(Part(0), _expected.AsSpan(0, Size), Start);
        AssertSame(Part(1), _expected.AsSpan(Size), BehindHole);
    }

    private Span<byte> Part(int index)
    {
        Check.That(Memory.TryGetBuffer(index == 0 ? Start : BehindHole, index == 0 ? Size : SizeBehindHole, out GuestBuffer all));
        return all.Span;
    }

    private static void AssertSame(ReadOnlySpan<byte> now, ReadOnlySpan<byte> expected, ulong address)
    {
        if (!now.SequenceEqual(expected))
            throw new FindingException($"guest memory at 0x{address + (ulong)now.CommonPrefixLength(expected):x} was written");
    }
}
