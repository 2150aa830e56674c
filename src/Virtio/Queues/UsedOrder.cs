namespace Virtio.Queues;

/// <summary>
/// Returns a queue's chains to the driver in the order they were taken, although the device may complete them in any order
/// (VIRTIO_F_IN_ORDER; virtio 1.4, 2.7.9 and 2.8.10). A list linked through <see cref="DescriptorChain.NextInOrder"/>. For the queue's own
/// thread.
/// </summary>
internal sealed class UsedOrder(RingLayout ring, Action<DescriptorChain> free, ChainJournal? journal)
{
    // The ends of the list of chains in flight, in the order they were taken; both null when it is empty.
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
    /// Returns the finished chains before the oldest unfinished one, and frees their objects. One used entry stands for several chains
    /// where the driver can infer the others: it takes the skipped ones as wholly written, so a chain with less written gets an entry of
    /// its own.
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
