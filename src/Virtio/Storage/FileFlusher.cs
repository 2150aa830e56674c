using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Storage;

/// <summary>
/// Flushes a file on the thread pool, one flush at a time: all who ask while one runs share the next one, which starts
/// after each of them asked and so covers what each of them had written.
/// </summary>
internal sealed class FileFlusher(string path, SafeFileHandle handle, ILogger logger) : IThreadPoolWorkItem
{
    private readonly Lock _lock = new();
    private FileFlush? _waiting;
    private FileFlush? _free;
    private bool _running;
    private StorageException? _failure;

    public ValueTask FlushAsync()
    {
        FileFlush flush;
        bool start;
        lock (_lock)
        {
            if (_failure is not null)
                return ValueTask.FromException(LaterFailure(_failure));

            flush = _free ?? new FileFlush(this);
            _free = flush.Next;
            flush.Next = _waiting;
            _waiting = flush;
            start = !_running;
            _running = true;
        }

        ValueTask task = flush.Begin();
        if (start)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return task;
    }

    public void Return(FileFlush flush)
    {
        lock (_lock)
        {
            flush.Next = _free;
            _free = flush;
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        FileFlush? batch;
        StorageException? failure;
        lock (_lock)
        {
            batch = _waiting;
            _waiting = null;
            failure = _failure;
        }

        failure = failure is null ? Flush() : LaterFailure(failure);

        bool again;
        lock (_lock)
        {
            _failure ??= failure;
            again = _running = _waiting is not null;
        }

        // Before the completions, which run their continuations here: one of them may block until a later flush ends.
        if (again)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

        while (batch is not null)
        {
            // Once completed, a flush may be in use again at once.
            FileFlush? next = batch.Next;
            batch.Complete(failure);
            batch = next;
        }
    }

    private StorageException? Flush()
    {
        try
        {
            RandomAccess.FlushToDisk(handle);
            return null;
        }
        catch (Exception e)
        {
            FileStorageLog.FlushFailed(logger, path, e.Message);
            return new StorageException($"Cannot flush '{path}': {e.Message} What was written since the flush before may be lost; check the device below it, then open it again.", e);
        }
    }

    /// <summary>
    /// The kernel reports a failed write-back once, drops the pages, and answers the next flush with success. Passing that
    /// on would tell the guest that lost data is safe.
    /// </summary>
    private StorageException LaterFailure(StorageException first)
        => new($"'{path}' cannot be flushed any more, because a flush before has failed; check the device below it, then open it again.", first);
}
