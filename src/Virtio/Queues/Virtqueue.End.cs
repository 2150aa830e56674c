namespace Virtio.Queues;

/// <content>How it ends: halted, drained, or stopped.</content>
public sealed partial class Virtqueue
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ManualResetEventSlim _drained = new();
    private volatile int _hindrances;

    // Set once each, by any thread, never cleared.
    private volatile bool _isAbandoned;
    private volatile bool _isReleased;

    /// <summary>The transport no longer waits for chains that requests still hold: see <see cref="Abandon"/>.</summary>
    internal bool IsAbandoned => _isAbandoned;

    /// <summary>Its worker has ended: every chain was completed, and no thread touches the ring or a buffer any more.</summary>
    internal bool IsReleased => _isReleased;

    /// <summary>A worker has begun to serve it.</summary>
    internal bool HasWorker => Volatile.Read(ref _owner) != -1;

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
        BeginDraining();
        if (WaitUntilDrained(timeout))
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

    /// <summary>Lets no more requests be taken, for good. Those that were taken complete as usual. Thread-safe.</summary>
    internal void BeginDraining()
    {
        Interlocked.Or(ref _hindrances, (int)QueueHindrances.Draining);
        Signal.Set();
    }

    /// <summary>Waits until every chain that was taken is completed after <see cref="BeginDraining"/>, or the queue is halted. Thread-safe.</summary>
    internal bool WaitUntilDrained(TimeSpan timeout) => _drained.Wait(timeout);

    /// <summary>
    /// Cancels the requests without a halt: they complete as failed ones, and the driver gets them back. What listens for the cancellation runs on other threads, so that a
    /// storage that blocks there does not block the caller. Thread-safe.
    /// </summary>
    internal void Cancel()
    {
        // Observes the exceptions of those that listen: they are faults of the device, and the caller has no use for them.
        _ = _stopping.CancelAsync().ContinueWith(static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        Signal.Set();
    }

    /// <summary>
    /// Halts, and lets its worker be stopped although requests still hold chains. The caller has seen to it that what they write there reaches no guest. The worker goes on
    /// collecting the chains until there are none. Thread-safe.
    /// </summary>
    internal void Abandon()
    {
        Halt();
        _isAbandoned = true;
        Signal.Set();
    }

    /// <summary>The last act of its worker.</summary>
    internal void Release() => _isReleased = true;

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

    /// <summary>
    /// The ids of the chains that the device holds. For a queue that was stopped, and takes none any more; a chain that is completed
    /// meanwhile may be among them.
    /// </summary>
    internal IReadOnlyList<int> HeldChains()
    {
        lock (_made)
            return [.. _made.Prepend(_current).Where(chain => chain.Progress is ChainProgress.Taken).Select(chain => (int)chain.Id)];
    }

    /// <summary>The limit of a stop is over. The memory that the device may still write to is never freed.</summary>
    internal void GiveUp(QueueStopException why)
    {
        _memory.Keep();
        StopFailure = why;
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
