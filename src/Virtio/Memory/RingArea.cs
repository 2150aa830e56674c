using System.Runtime.CompilerServices;

namespace Virtio.Memory;

/// <summary>
/// One area of a ring in guest memory, translated and checked once when the queue is created. Only these accessors touch ring memory. Each
/// reads or writes a field with one aligned access, because the driver uses the ring at the same time.
/// </summary>
internal readonly unsafe struct RingArea
{
    // SAFETY: TryResolve has checked base, length and alignment. Every offset is bounded by the queue's own size, never by a number from
    // the guest.
    private readonly byte* _base;

    private RingArea(nint host) => _base = (byte*)host;

    /// <summary>Translates and checks an area; false when it is unaligned or not wholly in one region of RAM.</summary>
    internal static bool TryResolve(GuestMemory memory, ulong address, ulong length, uint alignment, out RingArea area)
    {
        nint host = address % alignment == 0 ? memory.HostAddress(address, length) : 0;
        area = new RingArea(host);
        return host != 0;
    }

    /// <summary>Whether two areas have a byte in common. Both lie in RAM, so neither end wraps.</summary>
    internal static bool Overlap(ulong first, ulong firstLength, ulong second, ulong secondLength) =>
        first < second + secondLength && second < first + firstLength;

    // SAFETY: see above; the sum of an address and a bounded offset within its area cannot wrap.
    private byte* At(int offset) => unchecked(_base + (uint)offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ushort ReadUInt16(int offset) => Volatile.Read(ref *(ushort*)At(offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void WriteUInt16(int offset, ushort value) => Volatile.Write(ref *(ushort*)At(offset), value);

    /// <summary>Reads an aligned 32-bit word in one access: two 16-bit fields that must be seen together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint ReadUInt32(int offset) => Volatile.Read(ref *(uint*)At(offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void WriteUInt32(int offset, uint value) => Volatile.Write(ref *(uint*)At(offset), value);

    /// <summary>Reads an aligned 64-bit word in one access.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong ReadUInt64(nuint offset) => Volatile.Read(ref *(ulong*)unchecked(_base + offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void WriteUInt64(nuint offset, ulong value) => Volatile.Write(ref *(ulong*)unchecked(_base + offset), value);
}
