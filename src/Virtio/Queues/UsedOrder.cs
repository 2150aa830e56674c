namespace Virtio.Queues;

/// <summary>
/// Keeps a queue's chains in the order they were taken, whatever order they are completed in (VIRTIO_F_IN_ORDER; virtio 1.4, 2.7.9 and 2.8.10).
/// The chains themselves are the list. For the queue's own thread.
/// </summary>
internal sealed class UsedOrder(RingLayout ring, Action<DescriptorChain> free, ChainJournal? journal)
{
    private DescriptorChain? _oldest;
    private DescriptorChain? _newest;

    internal void Add(DescriptorChain chain, bool malformed)
    {
        chain.Malformed = malformed;
        chain.NextInOrder = null;
        if (_newest is null)
            _oldest = chain;
        else
            _newest.NextInOrder = chain;
        _newest = chain;
    }

    /// <summary>
    /// Gives back what is finished up to the oldest that is not, with one used entry for as many as the driver can tell from the last of them: those skipped
    /// it takes for wholly written. Then the chain objects are free.
    /// </summary>
    internal void PutFinished()
    {
        int chains = 0;
        int descriptors = 0;
        while (_oldest is { Progress: ChainProgress.Finished } chain)
        {
            _oldest = chain.NextInOrder;
            if (_oldest is null)
                _newest = null;
            chains++;
            journal?.Returning(chain);
            descriptors += chain.RingDescriptors;
            if (!chain.IsWhollyWritten || _oldest is not { Progress: ChainProgress.Finished })
            {
                ring.PutUsed(chain.Id, chain.CompletedLength, chains, descriptors);
                chains = descriptors = 0;
                journal?.Returned(ring.State);
            }

            free(chain);
        }
    }
}
