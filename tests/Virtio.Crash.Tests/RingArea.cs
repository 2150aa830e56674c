using Virtio.Crash.Tests;

namespace Virtio.Memory;

/// <summary>
/// Stands in for the product's type of this name. It has the same members over the same memory, and the process can die before each of its
/// stores.
/// </summary>
internal readonly unsafe struct RingArea
{
    private readonly byte* _base;

    private RingArea(nint host) => _base = (byte*)host;

    internal static bool TryResolve(GuestMemory memory, ulong address, ulong length, uint alignment, out RingArea area)
    {
        nint host = address % alignment == 0 ? memory.HostAddress(address, length) : 0;
        area = new RingArea(host);
        return host != 0;
    }

    internal static bool Overlap(ulong first, ulong firstLength, ulong second, ulong secondLength) =>
        first < second + secondLength && second < first + firstLength;

    internal ushort ReadUInt16(int offset) => Volatile.Read(ref *(ushort*)(_base + offset));

    internal uint ReadUInt32(int offset) => Volatile.Read(ref *(uint*)(_base + offset));

    internal ulong ReadUInt64(nuint offset) => Volatile.Read(ref *(ulong*)(_base + offset));

    internal void WriteUInt16(int offset, ushort value)
    {
        Death.BeforeStore();
        Volatile.Write(ref *(ushort*)(_base + offset), value);
    }

    internal void WriteUInt32(int offset, uint value)
    {
        Death.BeforeStore();
        Volatile.Write(ref *(uint*)(_base + offset), value);
    }

    internal void WriteUInt64(nuint offset, ulong value)
    {
        Death.BeforeStore();
        Volatile.Write(ref *(ulong*)(_base + offset), value);
    }
}
