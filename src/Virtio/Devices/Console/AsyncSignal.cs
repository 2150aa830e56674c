using System.Threading.Tasks.Sources;

namespace Virtio.Devices.Console;

/// <summary>
/// Wakes one asynchronous loop, without allocating. Sticky: a signal given while nobody waits ends the next wait. The loop continues on the thread
/// pool, never on the thread that gives the signal, which may be a queue's worker that has to stay free of the loop's stream.
/// </summary>
internal sealed class AsyncSignal : IValueTaskSource, IThreadPoolWorkItem
{
    private const int Clear = 0;
    private const int Signalled = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _source;
    private int _state;

    /// <summary>Gives the signal. Thread-safe.</summary>
    internal void Set()
    {
        // A full fence each, so that what was written before the signal is seen by the loop that it wakes.
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
