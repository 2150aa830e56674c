using System.Diagnostics.CodeAnalysis;

namespace Virtio.Queues;

/// <summary>Chains completed on other threads than their queue's, until that one takes them. The chains themselves are the list. No lock.</summary>
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

    /// <summary>All of them, the first completed first: they are used in that order (virtio 1.4, 2.8.12).</summary>
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
