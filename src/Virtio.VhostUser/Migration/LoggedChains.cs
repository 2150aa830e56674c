using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.VhostUser.Migration;

/// <summary>
/// Marks what the device and the queue write to guest memory in the log of a migration: each chain's data before the driver can see it, its place in the ring after.
/// What a queue asks of the driver (kicks or not) is not marked wherever it lies alone in a page: who takes the ring over asks anew. For the ring's own thread.
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

    /// <summary>Begins with a ring that is about to be served.</summary>
    /// <param name="inner">Is told of each chain too.</param>
    /// <param name="log">Where pages are marked.</param>
    /// <param name="memory">Guest RAM.</param>
    /// <param name="ring">As it is served.</param>
    /// <param name="usedAddress">By which guest address the device area is marked; null for not at all, and then the ring is not marked.</param>
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
