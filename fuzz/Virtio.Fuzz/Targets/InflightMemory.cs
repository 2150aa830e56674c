using Virtio.Memory;
using Virtio.Queues;
using Virtio.VhostUser.Inflight;

namespace Virtio.Fuzz.Targets;

/// <summary>The file with the in-flight record, which a front-end can write.</summary>
internal sealed class InflightMemory
{
    private const ulong Length = 0x1000;
    private const int EntryLength = 32;
    private const int Fields = 48;

    private readonly GuestMemory _file = GuestMemory.Allocate((0UL, Length));

    internal void Clear() => Check.That(_file.TryWrite(0, new byte[Length]));

    /// <summary>Writes to the header or an entry, mostly whole fields.</summary>
    internal void Write(ref FuzzInput input)
    {
        byte field = input.Byte();
        ulong place = field < Fields ? field : (ulong)((field * EntryLength / 4) + (input.Byte() % EntryLength));
        Check.That(_file.TryWrite(place, input.Bytes(1 + (input.Byte() % sizeof(ulong)))));
    }

    /// <summary>The same ring in the state that its record gives, with the unfinished chains.</summary>
    internal QueueConfig Recover(QueueConfig ring, GuestMemory guest)
    {
        InflightRecord record = InflightRecord.Of(_file, 0, ring, guest)!;
        (QueueState state, IReadOnlyList<UnfinishedChain> unfinished) = record.Recover(ring.State);
        Check.That(unfinished.Sum(chain => Math.Max(1, chain.Descriptors.Length)) <= ring.Size);
        int slots = unfinished.Select(chain => chain.Slot).Distinct().Count();
        int ids = unfinished.Select(chain => chain.Id).Distinct().Count();
        Check.That(slots == unfinished.Count || ids == unfinished.Count);

        // A second recovery from the same record gives the same result.
        InflightRecord second = InflightRecord.Of(_file, 0, ring, guest)!;
        (QueueState again, IReadOnlyList<UnfinishedChain> same) =
            second.Recover(state with { NextAvailable = ring.State.NextAvailable });
        Check.That(again == state || unfinished.Count == 0);
        Check.That(same.Select(chain => chain.Id).SequenceEqual(unfinished.Select(chain => chain.Id)));
        return ring with { State = state, Journal = record, Unfinished = unfinished };
    }
}
