using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Memory;

/// <summary>
/// A checked piece of guest RAM, or the rest of one that is being used up. It holds no object reference, so that filling an entry needs no
/// write barrier of the garbage collector.
/// </summary>
internal unsafe struct GuestBufferEntry
{
    /// <summary>Address in this process of the first byte that is not used up.</summary>
    internal nint Host;

    /// <summary>Bytes that are not used up; at least 1.</summary>
    internal int Length;

    /// <summary>Bytes from the start of the chain's readable, or writable, pieces to the end of this piece, modulo 2^32.</summary>
    internal uint End;

    /// <summary>The bytes in place.</summary>
    // SAFETY: an entry was checked when it was made, and only ever shrinks.
    internal readonly Span<byte> Span
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => MemoryMarshal.CreateSpan(ref Unsafe.AsRef<byte>(unchecked((void*)Host)), Length);
    }

    /// <summary>The whole piece, including the bytes that were used up.</summary>
    /// <param name="before"><see cref="End"/> of the piece before it, or 0.</param>
    // SAFETY: the span grows only by the bytes that Shrink has taken, so it is the range that was checked.
    internal readonly Span<byte> Whole(uint before)
    {
        (nint host, int length) = Place(before);
        return MemoryMarshal.CreateSpan(ref Unsafe.AsRef<byte>((void*)host), length);
    }

    /// <summary>The address in this process, and the length, of the whole piece.</summary>
    /// <param name="before">As for <see cref="Whole"/>.</param>
    internal readonly (nint Host, int Length) Place(uint before)
    {
        int length = unchecked((int)(End - before));
        return (Host - (length - Length), length);
    }

    /// <summary>Uses up bytes, fewer than are left, from the start of the piece.</summary>
    internal void Shrink(int count)
    {
        Host += count;
        Length -= count;
    }
}
