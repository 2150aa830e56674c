namespace Virtio.Queues;

/// <summary>A signal between threads of this process.</summary>
internal sealed class ProcessSignal : QueueSignal
{
    private readonly object _gate = new();

    // 1 from a Set until a Wait has consumed it. Exchanged by any thread.
    private int _set;

    public override void Set()
    {
        // Already set: the waiter has yet to clear it, and looks at everything after that. A second wake-up is not needed.
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
