using Virtio.Queues;

namespace Virtio.VhostUser;

/// <summary>
/// A ring's position in the 32 bits of the protocol. For a split ring it is the available index; the used index is in the ring itself. For
/// a packed ring the lower half is the next available position with its wrap counter in bit 15, and the upper half is the same for the next
/// used position.
/// </summary>
internal static class RingBase
{
    private const uint PlaceMask = 0x7fff;
    private const uint WrapBit = 0x8000;
    private const uint FreshPacked = 0x8000_8000;

    internal static uint Of(QueueState state, bool packed) => packed
        ? Half(state.NextAvailable, state.AvailableWrap) | (Half(state.NextUsed, state.UsedWrap) << 16)
        : state.NextAvailable;

    /// <summary>Decodes a position.</summary>
    /// <param name="ringBase">The value that the front-end sent.</param>
    /// <param name="packed">Whether the ring is packed.</param>
    /// <param name="usedIndex">For a split ring, the used index in the ring.</param>
    internal static QueueState ToState(uint ringBase, bool packed, ushort usedIndex)
    {
        if (!packed)
            return new QueueState(unchecked((ushort)ringBase), true, usedIndex, true);

        // No packed ring is at 0 with both wrap counters 0. A front-end that sends this value knows only the start of a split ring.
        if (ringBase == 0)
            ringBase = FreshPacked;

        // Some front-ends send only the lower half, and mean it for both.
        uint available = ringBase & 0xffff;
        uint used = ringBase >> 16 == 0 ? available : ringBase >> 16;
        return new QueueState(
            (ushort)(available & PlaceMask), (available & WrapBit) != 0, (ushort)(used & PlaceMask), (used & WrapBit) != 0);
    }

    private static uint Half(ushort place, bool wrap) => place | (wrap ? WrapBit : 0);
}
