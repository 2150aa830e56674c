using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.VhostUser.Inflight;

/// <summary>The record of a split ring: an entry for each descriptor that a chain may begin with.</summary>
internal sealed class SplitInflight(RingArea area, int size) : InflightRecord
{
    internal const int HeaderLength = 16;
    internal const int EntryLength = 16;

    private const int LastBatchOffset = 12;
    private const int UsedOffset = 14;

    // Of an entry: one word of the mark and, in its last 16 bits, the next one of the batch; then the number in order of taking.
    private const int NextShift = 48;
    private const int CounterOffset = 8;

    private readonly List<ushort> _batch = [];
    private ulong _counter;
    private ushort _lastBatch;

    internal override (QueueState State, IReadOnlyList<UnfinishedChain> Unfinished) Recover(QueueState state)
    {
        if (area.ReadUInt16(VersionOffset) != Version || area.ReadUInt16(SizeOffset) != size)
        {
            Begin(state);
            return (state, []);
        }

        FinishLastBatch(state.NextUsed);
        UnfinishedChain[] unfinished =
        [
            .. Enumerable.Range(0, size)
                .Where(entry => (area.ReadUInt64(At(entry)) & InFlight) != 0)
                .OrderBy(entry => area.ReadUInt64(At(entry) + CounterOffset))
                .Select(entry => new UnfinishedChain((ushort)entry, [], 0)),
        ];
        _counter = unfinished.Length == 0 ? 0 : unchecked(area.ReadUInt64(At(unfinished[^1].Id) + CounterOffset) + 1);

        // What was taken and not given back lies between the two.
        return (state with { NextAvailable = unchecked((ushort)(state.NextUsed + unfinished.Length)) }, unfinished);
    }

    internal override void Taken(DescriptorChain chain, ushort slot)
    {
        area.WriteUInt64(At(chain.Id) + CounterOffset, unchecked(_counter++));
        area.WriteUInt64(At(chain.Id), InFlight);
    }

    internal override void Returning(DescriptorChain chain)
    {
        area.WriteUInt64(At(chain.Id), InFlight | ((ulong)_lastBatch << NextShift));
        _lastBatch = chain.Id;
        area.WriteUInt16(LastBatchOffset, _lastBatch);
        _batch.Add(chain.Id);
    }

    internal override void Returned(QueueState state)
    {
        foreach (ushort entry in _batch)
            area.WriteUInt64(At(entry), area.ReadUInt64(At(entry)) & ~InFlight);
        _batch.Clear();
        area.WriteUInt16(UsedOffset, state.NextUsed);
    }

    private static nuint At(int entry) => (nuint)(HeaderLength + (entry * EntryLength));

    private void Begin(QueueState state)
    {
        for (int entry = 0; entry < size; entry++)
            area.WriteUInt64(At(entry), 0);
        area.WriteUInt16(SizeOffset, (ushort)size);
        area.WriteUInt16(UsedOffset, state.NextUsed);
        area.WriteUInt16(VersionOffset, Version);
    }

    /// <summary>The driver has seen a batch whose entries may still be marked: those on the list, as many as the used index went on by.</summary>
    private void FinishLastBatch(ushort used)
    {
        int count = unchecked((ushort)(used - area.ReadUInt16(UsedOffset)));
        int entry = area.ReadUInt16(LastBatchOffset);
        for (int i = 0; i < Math.Min(count, size) && entry < size; i++)
        {
            ulong word = area.ReadUInt64(At(entry));
            area.WriteUInt64(At(entry), word & ~InFlight);
            entry = (int)(word >> NextShift);
        }

        area.WriteUInt16(UsedOffset, used);
    }
}
