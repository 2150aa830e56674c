namespace Virtio.Queues;

/// <content>The end of a queue: halted, drained, stopped, or abandoned.</content>
public sealed partial class Virtqueue
{
    private readonly CancellationTokenSource _stopping = new();

    // Set once no chain is in flight after a drain began, or by a halt. Also the lock that decides between a drain's timeout and its end.
    private readonly ManualResetEventSlim _drained = new();

    // The QueueHindrances. Any thread sets and clears them atomically.
    private volatile int _hindrances;

    // Set once each, by any thread, never cleared.
    private volatile bool _isAbandoned;
    private volatile bool _isReleased;

    /// <summary>The transport no longer waits for the chains that requests still hold: see <see cref="Abandon"/>.</summary>
    internal bool IsAbandoned => _isAbandoned;

    /// <summary>The worker has ended: every chain was completed, and no thread touches the ring or a buffer any more.</summary>
    internal bool IsReleased => _isReleased;

    /// <summary>A worker has begun to serve the queue.</summary>
    internal bool HasWorker => Volatile.Read(ref _owner) != -1;

    /// <summary>Halts the queue: from here on the ring is not touched any more, not even for completions. Thread-safe.</summary>
    internal void Halt()
    {
        Interlocked.Or(ref _hindrances, (int)QueueHindrances.Halted);
        _drained.Set();
    }

    /// <summary>
    /// Drains the queue: takes no more requests and waits until those in flight are completed. None is cancelled. After a following stop
    /// <see cref="State"/> then covers every request. The worker must be running. Thread-safe.
    /// </summary>
    /// <returns>
    /// False when a request did not complete in time; the queue then takes requests as before. Also false, and at once, when the queue is
    /// halted, because completions then no longer reach the driver.
    /// </returns>
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

    /// <summary>Begins a drain that has no end: no more requests are taken, and those in flight complete as usual. Thread-safe.</summary>
    internal void BeginDraining()
    {
        Interlocked.Or(ref _hindrances, (int)QueueHindrances.Draining);
        Signal.Set();
    }

    /// <summary>
    /// Waits until, after <see cref="BeginDraining"/>, every chain in flight is completed, or the queue is halted. Returns false when the
    /// time is over. Thread-safe.
    /// </summary>
    internal bool WaitUntilDrained(TimeSpan timeout) => _drained.Wait(timeout);

    /// <summary>
    /// Cancels the requests in flight without a halt: they complete as failed requests, and the driver gets them back. The cancellation
    /// callbacks run on other threads, so that a storage that blocks in its callback does not block the caller. Thread-safe.
    /// </summary>
    internal void Cancel()
    {
        // Observes the exceptions of cancellation callbacks: they are faults of the device, and the caller has no use for them.
        _ = _stopping.CancelAsync().ContinueWith(
            static ended => ended.Exception,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        Signal.Set();
    }

    /// <summary>
    /// Halts the queue, and lets <see cref="Devices.QueueWorker.Stop"/> return although requests still hold chains. The caller has made
    /// sure that what they still write reaches no guest. The worker collects the chains until none is in flight. Thread-safe.
    /// </summary>
    internal void Abandon()
    {
        Halt();
        _isAbandoned = true;
        Signal.Set();
    }

    /// <summary>The worker calls this last of all.</summary>
    internal void Release() => _isReleased = true;

    /// <summary>Halts the queue and cancels the requests in flight.</summary>
    internal void Stop()
    {
        Halt();
        try
        {
            _stopping.Cancel();
        }
        catch (AggregateException)
        {
            // An exception thrown by a cancellation callback, which is the device's fault. It must not fail the reset that waits for this
            // queue, nor the guest's processor that waits for the reset.
        }

        Signal.Set();
    }

    /// <summary>
    /// The ids of the chains that the device holds. For a stopped queue, which takes no more chains. A chain that is completed during the
    /// call may be among them.
    /// </summary>
    internal IReadOnlyList<int> HeldChains()
    {
        lock (_made)
            return [.. _made.Prepend(_current).Where(chain => chain.Progress is ChainProgress.Taken).Select(chain => (int)chain.Id)];
    }

    /// <summary>
    /// Called when the stop's time limit is over: makes the guest memory, which the device may still write to, never be freed.
    /// </summary>
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
