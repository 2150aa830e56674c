namespace Virtio.Queues;

/// <summary>A signal between threads of this process.</summary>
internal sealed class ProcessSignal : QueueSignal
{
    private readonly object _gate = new();
    private int _set;

    public override void Set()
    {
        // Already set means that the waiter has yet to clear it and will look at everything after that: no second wake-up is needed.
        if (Interlocked.Exchange(ref _set, 1) != 0)
            return;
        lock (_gate)
            Monitor.Pulse(_gate);
    }

    public override void Wait()
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
