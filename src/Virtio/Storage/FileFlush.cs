using System.Threading.Tasks.Sources;

namespace Virtio.Storage;

/// <summary>
/// One wait for a flush. It is used again, so that a flush allocates nothing: once the flusher has completed it and its
/// caller has taken the result, in either order, for a cancelled caller does not wait for the flusher.
/// </summary>
internal sealed class FileFlush(FileFlusher owner) : IValueTaskSource
{
    private const int Users = 2;

    private ManualResetValueTaskSourceCore<bool> _core;
    private CancellationTokenRegistration _cancellation;
    private int _users = Users;
    private int _decided;

    /// <summary>The next in the owner's list of waiting or of free ones; guarded by the owner's lock, then by the one who took the list.</summary>
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
        // Asked too early it throws and is still in use; asked a second time it throws here.
        bool ended = _core.GetStatus(token) != ValueTaskSourceStatus.Pending;
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            if (ended)
            {
                // Waits for a cancellation under way, which must not meet the next use.
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
