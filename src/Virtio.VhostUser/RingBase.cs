using Virtio.Queues;

namespace Virtio.VhostUser;

/// <summary>
/// Where a ring stands, in the 32 bits that the protocol has for it. Split: the available index; the used index is in the ring itself. Packed: the place of the next
/// available descriptor with its wrap counter in bit 15, above that the same of the next used one.
/// </summary>
internal static class RingBase
{
    private const uint PlaceMask = 0x7fff;
    private const uint WrapBit = 0x8000;
    private const uint FreshPacked = 0x8000_8000;

    internal static uint Of(QueueState state, bool packed) => packed
        ? Half(state.NextAvailable, state.AvailableWrap) | (Half(state.NextUsed, state.UsedWrap) << 16)
        : state.NextAvailable;

    /// <summary>Reads it.</summary>
    /// <param name="ringBase">As the front-end sent it.</param>
    /// <param name="packed">The layout.</param>
    /// <param name="usedIndex">Split: the used index in the ring.</param>
    internal static QueueState ToState(uint ringBase, bool packed, ushort usedIndex)
    {
        if (!packed)
            return new QueueState(unchecked((ushort)ringBase), true, usedIndex, true);

        // Nobody has a packed ring at 0 with both counters down: a front-end that says so knows only the split ring's beginning.
        if (ringBase == 0)
            ringBase = FreshPacked;

        // Some know only one half, and mean both.
        uint available = ringBase & 0xffff;
        uint used = ringBase >> 16 == 0 ? available : ringBase >> 16;
        return new QueueState((ushort)(available & PlaceMask), (available & WrapBit) != 0, (ushort)(used & PlaceMask), (used & WrapBit) != 0);
    }

    private static uint Half(ushort place, bool wrap) => place | (wrap ? WrapBit : 0);
}
