using System.Threading.Tasks.Sources;

namespace Virtio.Storage;

/// <summary>
/// One wait for a flush. The object is reused, so that a flush allocates nothing. It is free once the flusher has completed it and the
/// caller has taken the result. These two come in either order, because a cancelled caller does not wait for the flusher.
/// </summary>
internal sealed class FileFlush(FileFlusher owner) : IValueTaskSource
{
    private const int Users = 2;

    // Set once per use, by the thread that wins _decided.
    private ManualResetValueTaskSourceCore<bool> _core;

    // Registered by the caller, disposed when it takes the result.
    private CancellationTokenRegistration _cancellation;

    // How many of the flusher and the caller are not done yet. Decremented atomically; the last one resets the object.
    private int _users = Users;

    // 1 once the result is decided, by the flusher or by a cancellation. Exchanged atomically.
    private int _decided;

    /// <summary>
    /// The next in the owner's list of waiting or free objects. Guarded by the owner's lock; after the flusher has taken the list, owned by
    /// the flusher's thread.
    /// </summary>
    public FileFlush? Next { get; set; }

    public ValueTask Begin(CancellationToken cancellationToken)
    {
        short version = _core.Version;
        _cancellation = cancellationToken.UnsafeRegister(static (flush, token) => ((FileFlush)flush!).Cancel(token), this);
        return new ValueTask(this, version);
    }

    public void Complete(StorageException? failure)
    {
        if (Interlocked.Exchange(ref _decided, 1) == 0)
        {
            if (failure is null)
                _core.SetResult(true);
            else
                _core.SetException(failure);
        }

        Release();
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);

    public void GetResult(short token)
    {
        // A call before the end throws and leaves the object in use. A second call throws in the next line, because the version has
        // changed.
        bool ended = _core.GetStatus(token) != ValueTaskSourceStatus.Pending;
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            if (ended)
            {
                // Waits for a cancellation callback that is running: it must not reach the next use of this object.
                _cancellation.Dispose();
                Release();
            }
        }
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _decided, 1) == 0)
            _core.SetException(new OperationCanceledException(cancellationToken));
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _users) > 0)
            return;
        _users = Users;
        _decided = 0;
        _cancellation = default;
        _core.Reset();
        owner.Return(this);
    }
}
