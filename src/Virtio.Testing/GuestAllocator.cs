using System.Numerics;
using Virtio.Memory;

namespace Virtio.Testing;

/// <summary>
/// Allocates guest-physical memory as a kernel's page allocator does: blocks of a power of two, aligned to their own size up to a page.
/// Thread-safe.
/// </summary>
public sealed class GuestAllocator
{
    private const int SmallestBits = 6;
    private const ulong PageSize = 4096;

    private readonly Lock _gate = new();
    private readonly Stack<ulong>[] _free = [.. Enumerable.Range(0, 64).Select(_ => new Stack<ulong>())];
    private readonly IReadOnlyList<GuestMemoryRegion> _regions;
    private int _region;
    private ulong _next;

    internal GuestAllocator(GuestMemory memory)
    {
        _regions = memory.Regions;
        _next = _regions[0].Address;
    }

    /// <summary>Allocates a block. It has its earlier contents: zeros, or the bytes of its last owner.</summary>
    /// <param name="length">Bytes needed, at least 1.</param>
    /// <returns>The guest-physical address.</returns>
    /// <exception cref="InvalidOperationException">Guest memory is used up.</exception>
    public ulong Allocate(int length)
    {
        CheckLength(length);
        int bits = Bits(length);
        lock (_gate)
            return _free[bits].TryPop(out ulong address) ? address : Carve(1UL << bits);
    }

    /// <summary>Frees a block.</summary>
    /// <param name="address">The address that <see cref="Allocate"/> returned.</param>
    /// <param name="length">The length that was allocated.</param>
    /// <exception cref="ArgumentOutOfRangeException">No block of that length can lie there.</exception>
    public void Free(ulong address, int length)
    {
        CheckLength(length);
        ulong alignment = Math.Min(1UL << Bits(length), PageSize);
        if (address % alignment != 0 || !IsMemory(address))
            throw new ArgumentOutOfRangeException(nameof(address), $"0x{address:x}",
                $"no block of {length} bytes was ever allocated there");
        lock (_gate)
            _free[Bits(length)].Push(address);
    }

    private bool IsMemory(ulong address)
    {
        for (int i = 0; i < _regions.Count; i++)
        {
            if (unchecked(address - _regions[i].Address) < _regions[i].Length)
                return true;
        }

        return false;
    }

    private static void CheckLength(int length)
    {
        if (length < 1)
            throw new ArgumentOutOfRangeException(nameof(length), length, "a block has at least 1 byte");
    }

    private static int Bits(int length) => Math.Max(SmallestBits, BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)length)));

    private ulong Carve(ulong size)
    {
        for (; _region < _regions.Count; _region++, _next = _region < _regions.Count ? _regions[_region].Address : 0)
        {
            ulong alignment = Math.Min(size, PageSize);
            ulong address = (_next + alignment - 1) & ~(alignment - 1);
            GuestMemoryRegion region = _regions[_region];
            if (address - region.Address > region.Length || size > region.Length - (address - region.Address))
                continue;
            _next = address + size;
            return address;
        }

        throw new InvalidOperationException($"guest memory is used up: no room for {size} bytes more");
    }
}
