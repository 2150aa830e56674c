using Virtio.Memory;
using Virtio.Queues;

namespace Virtio.VhostUser.Inflight;

/// <summary>The record of a split ring: one entry per descriptor, used where a chain begins with that descriptor.</summary>
internal sealed class SplitInflight(RingArea area, int size) : InflightRecord
{
    internal const int HeaderLength = 16;
    internal const int EntryLength = 16;

    private const int LastBatchOffset = 12;
    private const int UsedOffset = 14;

    // An entry: a word with the in-flight mark and, in the upper 16 bits, the entry before it in the batch; then a word with the order in
    // which chains were taken.
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

        // The available ring's position is the used index plus the chains taken and not completed.
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

    /// <summary>
    /// Clears the marks of the last batch, which the driver has seen and whose entries may still be marked. The used index tells how many
    /// entries of the list that are.
    /// </summary>
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
