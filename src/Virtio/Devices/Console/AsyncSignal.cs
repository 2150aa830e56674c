using System.Threading.Tasks.Sources;

namespace Virtio.Devices.Console;

/// <summary>
/// Wakes one asynchronous loop, without allocating. A signal that is set while the loop does not wait ends its next wait. The loop
/// continues on the thread pool, never on the thread that sets the signal: that may be a queue's worker, which must not be held up by the
/// loop's stream.
/// </summary>
internal sealed class AsyncSignal : IValueTaskSource, IThreadPoolWorkItem
{
    private const int Clear = 0;
    private const int Signalled = 1;
    private const int Waiting = 2;

    // Completed once for each wait that did not end at once. Reset by the loop, before each wait.
    private ManualResetValueTaskSourceCore<bool> _source;

    // One of the states above; changed with Interlocked only.
    private int _state;

    /// <summary>Sets the signal. Thread-safe.</summary>
    internal void Set()
    {
        // Each exchange is a full fence: the loop that is woken sees what was written before the signal.
        if (Interlocked.CompareExchange(ref _state, Signalled, Clear) == Clear)
            return;
        if (Interlocked.CompareExchange(ref _state, Clear, Waiting) == Waiting)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Waits for the next signal. For one loop; each wait is awaited before the next one.</summary>
    internal ValueTask WaitAsync()
    {
        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Clear) == Clear)
            return new ValueTask(this, _source.Version);
        Interlocked.Exchange(ref _state, Clear);
        return ValueTask.CompletedTask;
    }

    void IThreadPoolWorkItem.Execute() => _source.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
