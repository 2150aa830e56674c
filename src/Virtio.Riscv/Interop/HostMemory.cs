using System.Runtime.CompilerServices;

namespace Virtio.Riscv;

/// <summary>
/// The only code that dereferences host addresses. Every address passed in comes from <see cref="PhysicalMemory"/>, or from a TLB entry
/// filled from it, so it lies inside a region that the embedder provided.
/// </summary>
internal static unsafe class HostMemory
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Read8(nint address) => *(byte*)address;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Read16(nint address) => *(ushort*)address;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Read32(nint address) => *(uint*)address;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read64(nint address) => *(ulong*)address;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write8(nint address, byte value) => *(byte*)address = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write16(nint address, ushort value) => *(ushort*)address = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write32(nint address, uint value) => *(uint*)address = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write64(nint address, ulong value) => *(ulong*)address = value;

    /// <summary>For the atomic operations; the caller has checked the alignment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref uint Word(nint address) => ref *(uint*)address;

    /// <summary>For the atomic operations; the caller has checked the alignment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref ulong Doubleword(nint address) => ref *(ulong*)address;

    public static Span<byte> Bytes(nint address, int length) => new((void*)address, length);
}
