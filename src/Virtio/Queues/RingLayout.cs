using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>
/// The layout of a queue in guest memory, split or packed. Code outside of this folder does not know which one it is. Not thread-safe: a
/// queue belongs to one worker.
/// </summary>
internal abstract class RingLayout
{
    /// <summary>Creates the layout that was negotiated; null when the driver's configuration is invalid.</summary>
    internal static RingLayout? Create(GuestMemory memory, QueueConfig config)
    {
        if (config.Features.HasFlag(VirtioFeatures.RingPacked))
            return PackedRing.TryCreate(memory, config, out PackedRing? packed) ? packed : null;
        return SplitRing.TryCreate(memory, config, out SplitRing? split) ? split : null;
    }

    /// <summary>How much was used since the last <see cref="Publish"/>: split, in chains; packed, in descriptors.</summary>
    internal int Untold { get; private protected set; }

    /// <summary>Whether the driver has made a chain available that was not taken yet.</summary>
    internal abstract bool HasAvailable { get; }

    /// <summary>Takes the next available chain into <paramref name="chain"/>.</summary>
    internal abstract TakeResult TryTake(DescriptorChain chain);

    /// <summary>Replays a chain that an earlier queue took from the same ring and did not complete.</summary>
    internal abstract TakeResult TakeAgain(DescriptorChain chain, UnfinishedChain unfinished);

    /// <summary>The ring's position. A queue that starts from it does not see the chains that are in flight now.</summary>
    internal abstract QueueState State { get; }

    /// <summary>
    /// Writes a chain to the used ring. With VIRTIO_F_IN_ORDER one used entry also stands for the chains before it. A driver that polls
    /// sees the entry at once; a driver that sleeps is interrupted after the next <see cref="Publish"/>.
    /// </summary>
    /// <param name="id">The id of the chain, or of the last of several, that the driver knows.</param>
    /// <param name="written">Bytes written to that chain.</param>
    /// <param name="chains">How many chains the entry stands for.</param>
    /// <param name="descriptors">How many descriptors of the ring these chains take up.</param>
    internal abstract void PutUsed(ushort id, uint written, int chains, int descriptors);

    /// <summary>Ends a batch of at least one used chain. Returns whether the driver wants an interrupt for it.</summary>
    internal abstract bool Publish();

    /// <summary>Suppresses kicks: tells the driver that it need not notify.</summary>
    internal abstract void SuppressKicks();

    /// <summary>Asks for kicks again. Returns true when a chain became available meanwhile, for which no kick will come.</summary>
    internal abstract bool RequestKicks();
}
