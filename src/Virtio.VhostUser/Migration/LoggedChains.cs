using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.VhostUser.Migration;

/// <summary>
/// Marks guest pages in a migration's dirty log. The data of a chain is marked before the driver can see its completion, and the written
/// part of the ring after. The available event index of a split ring is not marked: the back-end that takes the ring over writes it again.
/// Used by the ring's thread only.
/// </summary>
internal sealed class LoggedChains : ChainJournal
{
    private const int UsedIndexOffset = 2;
    private const int UsedEntriesOffset = 4;
    private const int UsedEntrySize = 8;

    private readonly ChainJournal? _inner;
    private readonly DirtyPageLog _log;
    private readonly GuestMemory _memory;
    private readonly QueueConfig _ring;
    private readonly ulong? _usedAddress;
    private readonly bool _packed;
    private ushort _used;

    /// <summary>Starts with a ring that is about to be served.</summary>
    /// <param name="inner">Also receives every call; may be null.</param>
    /// <param name="log">Where pages are marked.</param>
    /// <param name="memory">Guest RAM.</param>
    /// <param name="ring">The ring's configuration.</param>
    /// <param name="usedAddress">The guest address under which writes to the ring are marked; null where the front-end wants no marks for
    /// the ring.</param>
    internal LoggedChains(ChainJournal? inner, DirtyPageLog log, GuestMemory memory, QueueConfig ring, ulong? usedAddress)
    {
        _inner = inner;
        _log = log;
        _memory = memory;
        _ring = ring;
        _usedAddress = usedAddress;
        _packed = ring.Features.HasFlag(VirtioFeatures.RingPacked);
        _used = ring.State.NextUsed;
    }

    internal override void Taken(DescriptorChain chain, ushort slot) => _inner?.Taken(chain, slot);

    internal override void Returning(DescriptorChain chain)
    {
        if (chain.CompletedLength > 0)
        {
            for (int i = chain.Reading.EndIndex; i < chain.PieceCount; i++)
            {
                (nint host, int length) = chain.PlaceOf(i);
                if (_memory.TryGetAddress(host, out ulong address))
                    _log.Mark(address, (ulong)length);
            }
        }

        _inner?.Returning(chain);
    }

    internal override void Returned(QueueState state)
    {
        _inner?.Returned(state);
        if (_usedAddress is { } address)
            MarkRing(address);
        _used = state.NextUsed;
    }

    private void MarkRing(ulong address)
    {
        if (_packed)
        {
            _log.Mark(_ring.DescriptorArea + (ulong)(_used * Descriptor.Size), Descriptor.Size);
            _log.Mark(address, sizeof(uint));
            return;
        }

        _log.Mark(address + UsedEntriesOffset + (ulong)(_used % _ring.Size * UsedEntrySize), UsedEntrySize);
        _log.Mark(address + UsedIndexOffset, sizeof(ushort));
    }
}
