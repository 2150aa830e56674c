using System.Diagnostics.CodeAnalysis;

namespace Virtio.Queues;

/// <summary>
/// Chains that threads other than the queue's own have completed, until the queue's thread takes them. A lock-free stack, linked through
/// <see cref="DescriptorChain.NextCompleted"/>.
/// </summary>
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
internal struct CompletedChains
{
    private DescriptorChain? _last;

    internal bool Any => Volatile.Read(ref _last) is not null;

    /// <summary>Thread-safe.</summary>
    internal void Add(DescriptorChain chain)
    {
        DescriptorChain? last;
        do
        {
            last = Volatile.Read(ref _last);
            chain.NextCompleted = last;
        }
        while (Interlocked.CompareExchange(ref _last, chain, last) != last);
    }

    /// <summary>
    /// Takes all of them, in the order of their completion: that is the order of the used descriptors (virtio 1.4, 2.8.12).
    /// </summary>
    internal DescriptorChain? Take()
    {
        DescriptorChain? first = null;
        for (DescriptorChain? chain = Interlocked.Exchange(ref _last, null); chain is not null;)
        {
            DescriptorChain? next = chain.NextCompleted;
            chain.NextCompleted = first;
            first = chain;
            chain = next;
        }

        return first;
    }
}
