namespace Virtio.Queues;

/// <summary>
/// Observes each chain of a queue: when it is taken, before it enters the used ring, and after. An implementation keeps a record that
/// outlives this process, or marks the pages that were written. Called on the queue's own thread.
/// </summary>
internal abstract class ChainJournal
{
    /// <summary>A chain was taken from the available ring. The device has not seen it yet.</summary>
    /// <param name="chain">The chain, which may be malformed.</param>
    /// <param name="slot">The ring's position before the chain: <see cref="QueueState.NextAvailable"/>.</param>
    internal abstract void Taken(DescriptorChain chain, ushort slot);

    /// <summary>
    /// A chain is about to enter the used ring, together with all others announced by this call since the last <see cref="Returned"/>.
    /// </summary>
    internal abstract void Returning(DescriptorChain chain);

    /// <summary>The announced chains are in the used ring, where the driver sees them.</summary>
    /// <param name="state">The ring's position now.</param>
    internal abstract void Returned(QueueState state);
}
