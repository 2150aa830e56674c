using System.Threading.Tasks.Sources;

namespace Virtio.Storage;

/// <summary>One wait for a flush, used again when it has been awaited so that a flush allocates nothing.</summary>
internal sealed class FileFlush(FileFlusher owner) : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;

    /// <summary>The next in the owner's list of waiting or of free ones; guarded by the owner's lock, then by the one who took the list.</summary>
    public FileFlush? Next { get; set; }

    public ValueTask Begin() => new(this, _core.Version);

    public void Complete(StorageException? failure)
    {
        if (failure is null)
            _core.SetResult(true);
        else
            _core.SetException(failure);
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);

    public void GetResult(short token)
    {
        // Asked too early it throws and is still in the owner's list; asked a second time it throws here.
        bool ended = _core.GetStatus(token) != ValueTaskSourceStatus.Pending;
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            if (ended)
            {
                _core.Reset();
                owner.Return(this);
            }
        }
    }
}
