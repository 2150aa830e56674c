namespace Virtio.Queues;

/// <content>How it ends: halted, drained, or stopped.</content>
public sealed partial class Virtqueue
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ManualResetEventSlim _drained = new();
    private volatile int _hindrances;

    /// <summary>From here on the ring is not touched any more, whatever is completed. Thread-safe.</summary>
    internal void Halt()
    {
        Interlocked.Or(ref _hindrances, (int)QueueHindrances.Halted);
        _drained.Set();
    }

    /// <summary>
    /// Lets no more requests be taken and waits until all that were are given back, which cancels none: after a stop, <see cref="State"/> then leaves nothing
    /// out. Its worker must be running. Thread-safe.
    /// </summary>
    /// <returns>False when some were not in time, and requests are then taken as before; or at once when the queue is halted, which gives nothing back.</returns>
    internal bool Drain(TimeSpan timeout)
    {
        Interlocked.Or(ref _hindrances, (int)QueueHindrances.Draining);
        Signal.Set();
        if (_drained.Wait(timeout))
            return !Has(QueueHindrances.Halted);
        bool drained;
        lock (_drained)
        {
            drained = _drained.IsSet;
            if (!drained)
                Interlocked.And(ref _hindrances, ~(int)QueueHindrances.Draining);
        }

        Signal.Set();
        return drained;
    }

    /// <summary>Halts, and tells those who hold chains to give them back.</summary>
    internal void Stop()
    {
        Halt();
        try
        {
            _stopping.Cancel();
        }
        catch (AggregateException)
        {
            // A fault of whoever listens. A reset waits for the stop and a guest's processor for the reset: neither has a use for it.
        }

        Signal.Set();
    }

    private bool Has(QueueHindrances hindrances) => (_hindrances & (int)hindrances) != 0;

    private void NoteDrained()
    {
        lock (_drained)
        {
            if (Has(QueueHindrances.Draining))
                _drained.Set();
        }
    }
}
