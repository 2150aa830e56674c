using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Memory;

/// <summary>
/// A checked piece of guest RAM, or what is left of one that is being used up. Without a reference, so that filling one costs no write barrier of the collector's.
/// </summary>
internal unsafe struct GuestBufferEntry
{
    /// <summary>Where it lies in this process.</summary>
    internal nint Host;

    /// <summary>Bytes in it that are not used up; at least 1.</summary>
    internal int Length;

    /// <summary>Bytes to its end from the beginning of all that are readable, or all that are writable, modulo 2^32.</summary>
    internal uint End;

    /// <summary>The bytes in place.</summary>
    // SAFETY: an entry was checked when it was made, and only ever shrinks.
    internal readonly Span<byte> Span
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => MemoryMarshal.CreateSpan(ref Unsafe.AsRef<byte>(unchecked((void*)Host)), Length);
    }

    /// <summary>All of the piece, with what was used up of it.</summary>
    /// <param name="before"><see cref="End"/> of the piece before it, or 0.</param>
    // SAFETY: gives back to the span what Shrink took from it.
    internal readonly Span<byte> Whole(uint before)
    {
        (nint host, int length) = Place(before);
        return MemoryMarshal.CreateSpan(ref Unsafe.AsRef<byte>((void*)host), length);
    }

    /// <summary>Where all of the piece lies in this process, and its bytes.</summary>
    /// <param name="before">As for <see cref="Whole"/>.</param>
    internal readonly (nint Host, int Length) Place(uint before)
    {
        int length = unchecked((int)(End - before));
        return (Host - (length - Length), length);
    }

    /// <summary>Takes bytes, fewer than are left, from its beginning.</summary>
    internal void Shrink(int count)
    {
        Host += count;
        Length -= count;
    }
}
