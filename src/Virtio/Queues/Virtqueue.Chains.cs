using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Virtio.Queues;

/// <content>
/// Chains: the queue's own thread takes them, any thread completes them, and the queue's own thread writes them to the used ring. The fast
/// path serves a queue without any <see cref="QueueHindrances"/>; the general path serves all others.
/// </content>
public sealed partial class Virtqueue
{
    /// <summary>
    /// Takes the next request. Malformed chains before it are completed with length 0, at most as many per call as the queue has
    /// descriptors.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryDequeue(out DescriptorChain chain)
    {
        // The callee returns the chain instead of storing it: a store through an out parameter would cost the garbage collector's write
        // barrier.
        DescriptorChain? taken = Take();
        chain = taken!;
        return taken is not null;
    }

    internal void Complete(DescriptorChain chain, uint written)
    {
        // A call from deep in the owner's stack fails the stack check and takes the general path; the result is the same.
        if (_hindrances != 0 || !_stack.IsNear || chain.Progress != ChainProgress.Taken)
        {
            CompleteSlowly(chain, written);
            return;
        }

        chain.Progress = ChainProgress.Free;
        if (chain != _current)
        {
            _others = unchecked(_others - 1);
            PutSpare(chain);
        }

        Count(chain, written);
        PutUsed(chain, written);
    }

    private DescriptorChain? Take()
    {
        DescriptorChain chain = _current;
        if (_hindrances != 0 || chain.Progress != ChainProgress.Free)
            return TakeSlowly();
        TakeResult result = TryTake(chain);
        if (result != TakeResult.Taken)
            return result == TakeResult.Empty || !MayGoOn(result, chain) ? null : TakeSlowly();
        chain.Progress = ChainProgress.Taken;
        return chain;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private DescriptorChain? TakeSlowly()
    {
        for (int attempts = 0; attempts < Size && IsRunning; attempts++)
        {
            DescriptorChain chain = TakeFree();
            TakeResult result = _journal is null ? TryTake(chain) : TryTakeJournaled(chain);
            if (result == TakeResult.Taken)
            {
                chain.Progress = ChainProgress.Taken;
                if (chain != _current)
                    _others++;
                chain.TakenAt = Has(QueueHindrances.Timed) ? Stopwatch.GetTimestamp() : 0;
                _order?.Add(chain, malformed: false);
                return chain;
            }

            if (!MayGoOn(result, chain))
                return null;
        }

        return null;
    }

    private TakeResult TryTakeJournaled(DescriptorChain chain)
    {
        if (_unfinished!.TryDequeue(out UnfinishedChain? unfinished))
        {
            chain.JournalSlot = unfinished.Slot;
            return _ring.TakeAgain(chain, unfinished);
        }

        ushort slot = _ring.State.NextAvailable;
        TakeResult result = TryTake(chain);
        if (result is TakeResult.Taken or TakeResult.Malformed)
            _journal!.Taken(chain, slot);
        return result;
    }

    /// <summary>Handles a chain object that received no well-formed chain. Returns whether the ring may have more chains.</summary>
    private bool MayGoOn(TakeResult result, DescriptorChain chain)
    {
        if (result == TakeResult.Malformed)
        {
            ReturnMalformed(chain);
            return true;
        }

        PutFree(chain);
        if (result == TakeResult.Broken)
            Interlocked.Or(ref _hindrances, (int)QueueHindrances.Broken);
        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CompleteSlowly(DescriptorChain chain, uint written)
    {
        if (chain.Progress != ChainProgress.Taken)
            throw new InvalidOperationException("the chain was completed before");
        chain.Progress = ChainProgress.Completed;
        chain.CompletedLength = written;
        if (_owner == _mark)
        {
            PutSlowly(chain);
            return;
        }

        _completed.Add(chain);
        Signal.Set();
    }

    private void PutCompleted()
    {
        for (DescriptorChain? chain = _completed.Take(); chain is not null;)
        {
            DescriptorChain? next = chain.NextCompleted;
            chain.NextCompleted = null;
            PutSlowly(chain);
            chain = next;
        }
    }

    private void PutSlowly(DescriptorChain chain)
    {
        if (chain != _current)
            _others--;
        bool counts = !Has(QueueHindrances.Halted | QueueHindrances.Broken);
        if (counts)
            Count(chain, chain.CompletedLength);

        // A chain taken before timing was switched on carries no timestamp, or a stale one.
        if (counts && Has(QueueHindrances.Timed) && chain.TakenAt >= _timedSince)
            Duration!.Record(chain.TakenAt);
        if (_order is not null)
        {
            chain.Progress = ChainProgress.Finished;
            return;
        }

        PutFree(chain);
        if (counts)
            PutUsedJournaled(chain, chain.CompletedLength);
    }

    private void ReturnMalformed(DescriptorChain chain)
    {
        MalformedChains++;
        Counters.Malformed++;
        chain.CompletedLength = 0;
        if (_order is not null)
        {
            chain.Progress = ChainProgress.Finished;
            _order.Add(chain, malformed: true);
            return;
        }

        PutUsedJournaled(chain, 0);
        PutFree(chain);
    }

    private void PutUsedJournaled(DescriptorChain chain, uint written)
    {
        _journal?.Returning(chain);
        PutUsed(chain, written);
        _journal?.Returned(_ring.State);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Count(DescriptorChain chain, uint written)
    {
        QueueCounters counters = Counters;
        counters.Chains = unchecked(counters.Chains + 1);
        counters.Bytes = unchecked(counters.Bytes + chain.Reading.Length + written);
    }

    // Called through the sealed types: a virtual call per chain would cost as much as reading a descriptor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TakeResult TryTake(DescriptorChain chain) => _packed is { } packed ? packed.TryTake(chain) : _split!.TryTake(chain);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutUsed(DescriptorChain chain, uint written)
    {
        if (_packed is { } packed)
            packed.PutUsed(chain.Id, written, 1, chain.RingDescriptors);
        else
            _split!.PutUsed(chain.Id, written, 1, 1);
    }

    private DescriptorChain TakeFree()
    {
        if (_current.Progress == ChainProgress.Free)
            return _current;
        return _freeCount > 0 ? _free[--_freeCount] : MakeChain();
    }

    private DescriptorChain MakeChain()
    {
        var chain = new DescriptorChain(this, _memory);
        lock (_made)
            _made.Add(chain);
        return chain;
    }

    private void PutFree(DescriptorChain chain)
    {
        chain.Progress = ChainProgress.Free;
        if (chain != _current)
            PutSpare(chain);
    }

    private void PutSpare(DescriptorChain chain)
    {
        int count = _freeCount;
        if (count == _free.Length)
            Array.Resize(ref _free, count * 2);

        // The chain object taken last is mostly freed first. It is then still in its slot, and skipping the store saves the garbage
        // collector's write barrier.
        if (_free[count] != chain)
            _free[count] = chain;
        _freeCount = unchecked(count + 1);
    }
}
