using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.VhostUser.Inflight;

/// <summary>
/// Records which chains of one ring are in flight, in memory that outlives this process, so that the next back-end can serve them again.
/// The layouts are those of the vhost-user specification. A process may die between any two stores; the record must then still tell which
/// chains the driver has not got back. The front-end can write this memory too: it is read only in <see cref="Recover"/>, and every value
/// read is checked. Used by the ring's thread; <see cref="Recover"/> is called before that thread starts.
/// </summary>
internal abstract class InflightRecord : ChainJournal
{
    /// <summary>The first byte of an entry whose chain is in flight.</summary>
    private protected const ulong InFlight = 1;

    /// <summary>The only version of the layout. 0 marks memory that was never used.</summary>
    private protected const ushort Version = 1;

    private protected const int VersionOffset = 8;
    private protected const int SizeOffset = 10;

    /// <summary>Makes the record of a ring in a range of the file; null where the range is outside of the file.</summary>
    internal static InflightRecord? Of(GuestMemory file, ulong offset, QueueConfig ring, GuestMemory guest)
    {
        bool packed = ring.Features.HasFlag(VirtioFeatures.RingPacked);
        if (!RingArea.TryResolve(file, offset, LengthOf((int)ring.Size, packed), sizeof(ulong), out RingArea area))
            return null;
        return packed ? new PackedInflight(area, ring, guest) : new SplitInflight(area, (int)ring.Size);
    }

    /// <summary>Length of a ring's record in bytes.</summary>
    internal static ulong LengthOf(int ringSize, bool packed) => packed
        ? PackedInflight.HeaderLength + ((ulong)ringSize * PackedInflight.EntryLength)
        : SplitInflight.HeaderLength + ((ulong)ringSize * SplitInflight.EntryLength);

    /// <summary>Finds the chains that an earlier process left in flight, and the ring's position after them.</summary>
    /// <param name="state">The ring's position as the front-end gives it; used as it is where the record is new.</param>
    internal abstract (QueueState State, IReadOnlyList<UnfinishedChain> Unfinished) Recover(QueueState state);
}
