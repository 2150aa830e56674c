namespace Virtio.Queues;

/// <summary>
/// Told of each chain of a queue on its way, before the driver sees it come back and after: whoever keeps a record that outlives this process, or marks what was
/// written. For the queue's own thread.
/// </summary>
internal abstract class ChainJournal
{
    /// <summary>A chain was found in the ring, and nobody has seen it yet.</summary>
    /// <param name="chain">The chain, which may break a rule.</param>
    /// <param name="slot">Where the ring stood before it: <see cref="QueueState.NextAvailable"/>.</param>
    internal abstract void Taken(DescriptorChain chain, ushort slot);

    /// <summary>A chain is about to be given back, with those that were announced since the last <see cref="Returned"/>.</summary>
    internal abstract void Returning(DescriptorChain chain);

    /// <summary>The driver sees them.</summary>
    /// <param name="state">Where the ring stands.</param>
    internal abstract void Returned(QueueState state);
}
