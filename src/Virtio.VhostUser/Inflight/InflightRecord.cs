using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.VhostUser.Inflight;

/// <summary>
/// Which chains of one ring are in flight, in memory that outlives this process: the next one serves them again. A process may end at any point between two stores;
/// what it leaves must tell which chains the driver has not got back. The front-end can write that memory too: what is read of it is checked, and only when a ring
/// is begun. The layouts are those of the vhost-user protocol. For the ring's own thread, but for <see cref="Recover"/>, which comes before it.
/// </summary>
internal abstract class InflightRecord : ChainJournal
{
    /// <summary>What the entries' first byte says while the chain is in flight.</summary>
    private protected const ulong InFlight = 1;

    /// <summary>The only version there is; 0 is memory that nobody has used.</summary>
    private protected const ushort Version = 1;

    private protected const int VersionOffset = 8;
    private protected const int SizeOffset = 10;

    /// <summary>Makes the record of a ring that lies in a piece of memory; null where the piece is too small.</summary>
    internal static InflightRecord? Of(GuestMemory file, ulong offset, QueueConfig ring, GuestMemory guest)
    {
        bool packed = ring.Features.HasFlag(VirtioFeatures.RingPacked);
        if (!RingArea.TryResolve(file, offset, LengthOf((int)ring.Size, packed), sizeof(ulong), out RingArea area))
            return null;
        return packed ? new PackedInflight(area, ring, guest) : new SplitInflight(area, (int)ring.Size);
    }

    /// <summary>Bytes that a ring's record takes.</summary>
    internal static ulong LengthOf(int ringSize, bool packed) =>
        packed ? PackedInflight.HeaderLength + ((ulong)ringSize * PackedInflight.EntryLength) : SplitInflight.HeaderLength + ((ulong)ringSize * SplitInflight.EntryLength);

    /// <summary>Finds what an earlier process left undone, and where the ring stands behind that.</summary>
    /// <param name="state">Where the front-end says that it stands; right where there is no earlier process.</param>
    internal abstract (QueueState State, IReadOnlyList<UnfinishedChain> Unfinished) Recover(QueueState state);
}
