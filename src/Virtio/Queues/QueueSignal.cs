namespace Virtio.Queues;

/// <summary>Wakes a queue's worker. Sticky: a signal given while nobody waits ends the next wait. Setting it is thread-safe and never blocks for long.</summary>
internal sealed class QueueSignal
{
    private readonly object _gate = new();
    private int _set;

    internal void Set()
    {
        // Already set means that the waiter has yet to clear it and will look at everything after that: no second wake-up is needed.
        if (Interlocked.Exchange(ref _set, 1) != 0)
            return;
        lock (_gate)
            Monitor.Pulse(_gate);
    }

    internal void Wait()
    {
        if (Interlocked.Exchange(ref _set, 0) != 0)
            return;
        lock (_gate)
        {
            while (Interlocked.Exchange(ref _set, 0) == 0)
                Monitor.Wait(_gate);
        }
    }
}
