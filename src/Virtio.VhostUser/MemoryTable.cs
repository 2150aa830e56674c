using System.Runtime.Versioning;
using Virtio.Linux;
using Virtio.Memory;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// The guest memory that a front-end has shared. Descriptors name it by guest address; ring addresses name it by the front-end's user
/// address. Immutable: a change makes a new table with the same regions. Used by the connection's thread.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class MemoryTable
{
    /// <summary>The most regions that a front-end may share.</summary>
    internal const int MaximumRegions = 509;

    private const ulong PageSize = 4096;

    private readonly MappedRegion[] _regions;

    private MemoryTable(MappedRegion[] regions) => _regions = regions;

    internal static MemoryTable Empty { get; } = new([]);

    internal bool IsEmpty => _regions.Length == 0;

    internal IReadOnlyList<MappedRegion> Regions => _regions;

    /// <summary>Returns a table with a mapped region added; the table owns the region.</summary>
    /// <exception cref="ProtocolException">The region overlaps another, or there are too many.</exception>
    internal MemoryTable With(MappedRegion added)
    {
        if (_regions.Length == MaximumRegions)
            throw new ProtocolException($"there are {MaximumRegions} memory regions already");
        foreach (MappedRegion region in _regions)
        {
            if (Overlap(region.Range.GuestAddress, region.Range.Length, added.Range.GuestAddress, added.Range.Length)
                || Overlap(region.Range.UserAddress, region.Range.Length, added.Range.UserAddress, added.Range.Length))
                throw new ProtocolException($"the memory region {added.Range} overlaps {region.Range}");
        }

        return new MemoryTable([.. _regions.Append(added).OrderBy(region => region.Range.GuestAddress)]);
    }

    /// <summary>Returns a table without a region; null where the region is not in this table.</summary>
    internal MemoryTable? Without(MemoryRange range, out MappedRegion? removed)
    {
        removed = _regions.FirstOrDefault(region => region.Range == range);
        MappedRegion? gone = removed;
        return gone is null ? null : new MemoryTable([.. _regions.Where(region => region != gone)]);
    }

    /// <summary>Guest RAM made of these regions. The regions still belong to the table.</summary>
    internal GuestMemory ToGuestMemory() => GuestMemory.Of(
        [.. _regions.Select(region => new GuestMemoryRegion(region.Range.GuestAddress, region.Range.Length, region.Memory.Address))],
        () => { });

    /// <summary>Translates a front-end's user address to a guest address.</summary>
    internal bool TryGetGuestAddress(ulong userAddress, out ulong guestAddress)
    {
        foreach (MappedRegion region in _regions)
        {
            ulong offset = unchecked(userAddress - region.Range.UserAddress);
            if (offset < region.Range.Length)
            {
                guestAddress = region.Range.GuestAddress + offset;
                return true;
            }
        }

        guestAddress = 0;
        return false;
    }

    /// <summary>Unmaps regions. Nothing may reference them any more.</summary>
    internal static void Unmap(IEnumerable<MappedRegion> regions)
    {
        foreach (MappedRegion region in regions)
            region.Memory.Dispose();
    }

    /// <summary>Reads the range of a region from a message.</summary>
    /// <exception cref="ProtocolException">The range is empty, unaligned, or beyond the address space.</exception>
    internal static MemoryRange ReadRange(ref MessageReader reader)
    {
        var range = new MemoryRange(reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64());
        if (range.Length == 0 || (range.GuestAddress | range.Length | range.UserAddress) % PageSize != 0)
            throw new ProtocolException($"the memory region {range} is not whole pages of {PageSize} bytes");
        if (range.GuestAddress > ulong.MaxValue - range.Length || range.UserAddress > ulong.MaxValue - range.Length)
            throw new ProtocolException($"the memory region {range} goes beyond the last address");
        return range;
    }

    private static bool Overlap(ulong first, ulong firstLength, ulong second, ulong secondLength) =>
        first < second + secondLength && second < first + firstLength;
}
