using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>
/// How a queue lies in guest memory. Nothing outside this folder knows which layout it has. Not thread-safe: a queue belongs to one worker.
/// </summary>
internal abstract class RingLayout
{
    /// <summary>The layout that was negotiated; null when what the driver configured makes none.</summary>
    internal static RingLayout? Create(GuestMemory memory, QueueConfig config)
    {
        if (config.Features.HasFlag(VirtioFeatures.RingPacked))
            return PackedRing.TryCreate(memory, config, out PackedRing? packed) ? packed : null;
        return SplitRing.TryCreate(memory, config, out SplitRing? split) ? split : null;
    }

    /// <summary>What was used since the driver was last told: split, chains; packed, descriptors.</summary>
    internal int Untold { get; private protected set; }

    /// <summary>Whether the driver has made anything available that was not taken.</summary>
    internal abstract bool HasAvailable { get; }

    /// <summary>Takes the next available chain into <paramref name="chain"/>.</summary>
    internal abstract TakeResult TryTake(DescriptorChain chain);

    /// <summary>Takes a chain again that was taken before this ring was made.</summary>
    internal abstract TakeResult TakeAgain(DescriptorChain chain, UnfinishedChain unfinished);

    /// <summary>Where the ring stands. What was taken and not given back is lost to whoever goes on from here.</summary>
    internal abstract QueueState State { get; }

    /// <summary>
    /// Gives a chain back, and with it, where buffers are used in order, those before it: a driver that looks sees it at once, one that sleeps is told with the
    /// next <see cref="Publish"/>.
    /// </summary>
    /// <param name="id">What names the chain, the last of them, to the driver.</param>
    /// <param name="written">Bytes written to it.</param>
    /// <param name="chains">How many chains.</param>
    /// <param name="descriptors">How many of the ring's descriptors all of them have.</param>
    internal abstract void PutUsed(ushort id, uint written, int chains, int descriptors);

    /// <summary>Ends a batch of chains given back, of which there is at least one; true when the driver wants an interrupt for it.</summary>
    internal abstract bool Publish();

    /// <summary>Tells the driver that kicks are not needed.</summary>
    internal abstract void SuppressKicks();

    /// <summary>Asks for kicks again; true when something became available meanwhile, for which no kick will come.</summary>
    internal abstract bool RequestKicks();
}
