using System.Buffers;

namespace Virtio.Memory;

/// <summary>
/// A piece of guest RAM that is small enough for <see cref="Memory{T}"/>, which has a length of type <see cref="int"/>. Created once with
/// the memory, so that passing a guest buffer to a storage allocates nothing.
/// </summary>
internal sealed unsafe class GuestMemoryChunk(ulong address, nint host, int length) : MemoryManager<byte>
{
    /// <summary>A power of two, so that region offsets map to chunks by a shift.</summary>
    internal const ulong MaximumLength = 1UL << 30;

    internal ulong Address { get; } = address;

    /// <summary>Address of the first byte in this process.</summary>
    internal nint Host => host;

    /// <summary>Whether an address of this process lies in the chunk.</summary>
    internal bool HasHost(nint address) => unchecked((nuint)(address - host) < (nuint)Length);

    internal int Length { get; } = length;

    /// <summary><see cref="Length"/> as an unsigned number, for comparisons with numbers from a guest; at least a page.</summary>
    internal ulong Size { get; } = (ulong)length;

    // SAFETY: GuestMemory keeps the range mapped, and outlives every queue and device (fixed order of shutdown).
    public override Span<byte> GetSpan() => new((void*)host, Length);

    // SAFETY: callers pass offsets that TryTranslate has checked against Length.
    internal Span<byte> GetSpan(int offset, int length) => new(unchecked((byte*)host + (uint)offset), length);

    // SAFETY: native memory never moves, so there is nothing to pin.
    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)host + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
