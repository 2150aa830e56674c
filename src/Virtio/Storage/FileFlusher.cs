using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Storage;

/// <summary>
/// Flushes a file on the thread pool, one flush at a time: all who ask while one runs share the next one, which starts
/// after each of them asked and so covers what each of them had written.
/// </summary>
internal sealed class FileFlusher(string path, SafeFileHandle handle, ILogger logger) : IThreadPoolWorkItem
{
    /// <summary>EINTR: left behind by a try that was repeated.</summary>
    private const int Interrupted = 4;

    private readonly Lock _lock = new();
    private FileFlush? _waiting;
    private FileFlush? _free;
    private bool _running;
    private StorageException? _failure;

    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
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

        ValueTask task = flush.Begin(cancellationToken);
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
            Marshal.SetLastPInvokeError(0);
            RandomAccess.FlushToDisk(handle);
            // That call is not believed. In .NET 10 (seen in 10.0.12) it returns normally whatever fsync says, because its
            // native half hands back 1, not -1; and by design it ignores a read-only file system, which is what some file
            // systems turn into when their disk fails. The error number of fsync itself is left behind in both cases.
            int error = OperatingSystem.IsWindows() ? 0 : Marshal.GetLastPInvokeError();
            return error is 0 or Interrupted ? null : Failure(Marshal.GetPInvokeErrorMessage(error), null);
        }
        catch (Exception e)
        {
            return Failure(FileOpening.Reason(e), e);
        }
    }

    private StorageException Failure(string reason, Exception? cause)
    {
        FileStorageLog.FlushFailed(logger, path, reason);
        return new StorageException($"Cannot flush '{path}': {reason}. What was written since the flush before may be lost; check the device below it, then open it again.", cause);
    }

    /// <summary>
    /// The kernel reports a failed write-back once, drops the pages, and answers the next flush with success. Passing that
    /// on would tell the guest that lost data is safe.
    /// </summary>
    private StorageException LaterFailure(StorageException first)
        => new($"'{path}' cannot be flushed any more, because a flush before has failed; check the device below it, then open it again.", first);
}
