namespace Virtio.Queues;

/// <summary>
/// How a queue lies in guest memory. Nothing outside this folder knows which layout it has. Not thread-safe: a queue belongs to one worker.
/// </summary>
internal abstract class RingLayout
{
    /// <summary>Whether the driver has made anything available that was not taken.</summary>
    internal abstract bool HasAvailable { get; }

    /// <summary>Takes the next available chain into <paramref name="chain"/>.</summary>
    internal abstract TakeResult TryTake(DescriptorChain chain);

    /// <summary>Gives a chain back: a driver that looks sees it at once, one that sleeps is told with the next <see cref="Publish"/>.</summary>
    internal abstract void PutUsed(DescriptorChain chain, uint written);

    /// <summary>Ends a batch of chains given back; true when the driver wants an interrupt for it.</summary>
    internal abstract bool Publish();

    /// <summary>Tells the driver that kicks are not needed.</summary>
    internal abstract void SuppressKicks();

    /// <summary>Asks for kicks again; true when something became available meanwhile, for which no kick will come.</summary>
    internal abstract bool RequestKicks();
}
