using Virtio.Memory;
using Virtio.Queues;
using Virtio.VhostUser.Inflight;

namespace Virtio.Fuzz.Targets;

/// <summary>The file that says what is in flight, which a front-end can write.</summary>
internal sealed class InflightMemory
{
    private const ulong Length = 0x1000;
    private const int EntryLength = 32;
    private const int Fields = 48;

    private readonly GuestMemory _file = GuestMemory.Allocate((0UL, Length));

    internal void Clear() => Check.That(_file.TryWrite(0, new byte[Length]));

    /// <summary>Writes to the header or an entry, whole fields mostly.</summary>
    internal void Write(ref FuzzInput input)
    {
        byte field = input.Byte();
        ulong place = field < Fields ? field : (ulong)((field * EntryLength / 4) + (input.Byte() % EntryLength));
        Check.That(_file.TryWrite(place, input.Bytes(1 + (input.Byte() % sizeof(ulong)))));
    }

    /// <summary>The same ring as its record says that it stands, with what is unfinished.</summary>
    internal QueueConfig Recover(QueueConfig ring, GuestMemory guest)
    {
        InflightRecord record = InflightRecord.Of(_file, 0, ring, guest)!;
        (QueueState state, IReadOnlyList<UnfinishedChain> unfinished) = record.Recover(ring.State);
        Check.That(unfinished.Sum(chain => Math.Max(1, chain.Descriptors.Length)) <= ring.Size);
        Check.That(unfinished.Select(chain => chain.Slot).Distinct().Count() == unfinished.Count || unfinished.Select(chain => chain.Id).Distinct().Count() == unfinished.Count);

        // Asked again at once it says the same.
        (QueueState again, IReadOnlyList<UnfinishedChain> same) = InflightRecord.Of(_file, 0, ring, guest)!.Recover(state with { NextAvailable = ring.State.NextAvailable });
        Check.That(again == state || unfinished.Count == 0);
        Check.That(same.Select(chain => chain.Id).SequenceEqual(unfinished.Select(chain => chain.Id)));
        return ring with { State = state, Journal = record, Unfinished = unfinished };
    }
}
