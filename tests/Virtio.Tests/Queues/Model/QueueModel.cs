namespace Virtio.Tests.Queues.Model;

/// <summary>
/// A simple model of a queue: lists, and positions that never wrap. Positions count chains in a split ring and descriptors in a packed one,
/// as the driver's event indexes do. For one thread.
/// </summary>
internal sealed class QueueModel(VirtioFeatures features, int size)
{
    private readonly bool _packed = features.HasFlag(VirtioFeatures.RingPacked);
    private readonly bool _eventIndex = features.HasFlag(VirtioFeatures.EventIndex);
    private readonly bool _inOrder = features.HasFlag(VirtioFeatures.InOrder);
    private readonly List<ModelChain> _offered = [];
    private readonly List<ModelChain> _takenInOrder = [];
    private readonly Queue<ModelChain> _used = [];

    // Position behind the last used chain.
    private long _usedPosition;

    // Position up to which the device has decided about interrupts.
    private long _toldPosition;

    // Position behind the last chain that the driver has collected.
    private long _collectedPosition;

    // With event indexes: the position at whose use the driver wants an interrupt; null for none.
    private long? _wantedInterrupt = 0;

    // The driver suppresses interrupts.
    private bool _interruptsOff;

    // The driver wants every interrupt. In zeroed memory a split ring's event index is position 0, a packed ring's event flags mean
    // "always".
    private bool _interruptsAlways = features.HasFlag(VirtioFeatures.RingPacked);

    internal IReadOnlyList<ModelChain> Taken => _takenInOrder.FindAll(chain => !chain.IsDone);

    internal int FreeDescriptors => size - _offered.Concat(_takenInOrder).Concat(_used).Sum(chain => chain.Descriptors);

    internal bool HasOffered => _offered.Count > 0;

    /// <summary>Every offered chain has been collected.</summary>
    internal bool IsEmpty => FreeDescriptors == size;

    internal void Offer(ModelChain chain) => _offered.Add(chain);

    /// <summary>Takes the next well-formed chain. Malformed chains before it are completed at once.</summary>
    internal ModelChain? Take()
    {
        while (_offered.Count > 0)
        {
            ModelChain chain = _offered[0];
            _offered.RemoveAt(0);
            _takenInOrder.Add(chain);
            if (!chain.IsMalformed)
                return chain;
            Complete(chain, 0);
        }

        return null;
    }

    internal void Complete(ModelChain chain, uint written)
    {
        chain.IsDone = true;
        chain.Written = written;
        if (_inOrder)
            return;
        _takenInOrder.Remove(chain);
        Use(chain);
    }

    /// <summary>Whether the device must interrupt; null where it may or may not.</summary>
    internal bool? Publish()
    {
        while (_inOrder && _takenInOrder is [{ IsDone: true } oldest, ..])
        {
            _takenInOrder.RemoveAt(0);
            Use(oldest);
        }

        (long before, long after) = (_toldPosition, _usedPosition);
        _toldPosition = after;
        if (before == after)
            return false;
        if (!_eventIndex)
            return !_interruptsOff;
        if (_interruptsAlways)
            return true;
        if (_wantedInterrupt is not { } wanted)
            return false;
        if (_packed && after - before >= size)
            return true;

        // The driver writes the event index modulo the ring, so one that lies far behind looks like one ahead.
        long period = _packed ? 2 * size : 1 << 16;
        return wanted >= before
            ? wanted < after
            : (before - wanted) % period == 0 || (after - 1 - wanted) / period > (before - 1 - wanted) / period;
    }

    internal ModelChain? Collect()
    {
        if (!_used.TryDequeue(out ModelChain? chain))
            return null;
        _collectedPosition += Weight(chain);
        return chain;
    }

    internal void EnableInterruptsAfter(int slots)
    {
        _interruptsOff = _interruptsAlways = false;
        _wantedInterrupt = _collectedPosition + slots;
    }

    internal void DisableInterrupts()
    {
        _interruptsOff = true;
        _interruptsAlways = false;

        // A split ring with event indexes has no flag for that, only a position that the device does not reach.
        _wantedInterrupt = _packed ? null : _collectedPosition - 1 - size;
    }

    private int Weight(ModelChain chain) => _packed ? chain.Descriptors : 1;

    private void Use(ModelChain chain)
    {
        _used.Enqueue(chain);
        _usedPosition += Weight(chain);
    }
}
