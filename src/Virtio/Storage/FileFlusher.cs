using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Storage;

/// <summary>
/// Flushes a file with one sync at a time (group commit). All callers that come while a sync runs share the next sync. It starts after each
/// of these calls, so it covers what each caller had written.
/// </summary>
/// <remarks>
/// A sync runs on the caller's thread while syncs of this file are cheaper than a switch to another thread, as on a file system in memory
/// or a disk with a cache that survives a power cut. Otherwise it runs on the thread pool, and the caller can serve other requests
/// meanwhile.
/// </remarks>
/// <param name="path">The file's path, for messages.</param>
/// <param name="handle">The open file.</param>
/// <param name="logger">Receives the first failure.</param>
/// <param name="clock">Measures how long a sync takes.</param>
internal sealed class FileFlusher(string path, SafeFileHandle handle, ILogger logger, TimeProvider clock) : IThreadPoolWorkItem
{
    /// <summary>EINTR: the error number that an interrupted and repeated fsync leaves behind.</summary>
    private const int Interrupted = 4;

    // Approximately the cost of passing a flush to the thread pool and waking the queue's worker afterwards.
    private static readonly TimeSpan ThreadSwitch = TimeSpan.FromMicroseconds(20);

    // Each shorter sync moves the estimate by an eighth of the difference; a longer one replaces it. A disk with syncs of varying length
    // thus blocks the caller at most once in about forty syncs.
    private const int EstimateShift = 3;

    private readonly Lock _lock = new();

    // Held during a sync. The kernel reports a failed write-back to one sync only: of two parallel syncs one would report success although
    // data is lost.
    private readonly Lock _syncing = new();

    // Lists of the callers that wait for the next sync on the thread pool, and of free objects. Guarded by _lock.
    private FileFlush? _waiting;
    private FileFlush? _free;

    // A sync is queued to the thread pool or runs there. Guarded by _lock.
    private bool _running;

    // The failure of the first sync that failed; null before. Guarded by _lock.
    private StorageException? _failure;

    // Syncs begun so far. Written under _syncing; read without it.
    private long _begun;

    // The estimate of how long the next sync takes, in ticks of the clock; negative before the first sync. Written under _syncing; read
    // without it.
    private long _estimate = -1;

    internal FileFlusher(string path, SafeFileHandle handle, ILogger logger)
        : this(path, handle, logger, TimeProvider.System)
    {
    }

    private bool IsCheap => Volatile.Read(ref _estimate) is >= 0 and var estimate && clock.GetElapsedTime(0, estimate) < ThreadSwitch;

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => IsCheap ? FlushHere() : FlushOnPool(cancellationToken);

    private ValueTask FlushHere()
    {
        // Read before the lock: a sync that begins after this line covers what the caller had written.
        long begun = Volatile.Read(ref _begun);
        StorageException? failure;
        lock (_syncing)
        {
            // Every sync that has begun has also ended, because a sync holds this lock.
            failure = begun < _begun ? FirstFailure() : SyncUnlessFailed();
        }

        return failure is null ? ValueTask.CompletedTask : ValueTask.FromException(failure);
    }

    private ValueTask FlushOnPool(CancellationToken cancellationToken)
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
        lock (_syncing)
        {
            // The list is taken under the _syncing lock, so that it includes the callers that came while an earlier sync held that lock.
            lock (_lock)
            {
                batch = _waiting;
                _waiting = null;
            }

            failure = SyncUnlessFailed();
        }

        bool again;
        lock (_lock)
            again = _running = _waiting is not null;

        // Queued before the completions, which run their continuations on this thread: a continuation may block until a later flush ends.
        if (again)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

        while (batch is not null)
        {
            // Read before the completion, because a completed object may be reused at once.
            FileFlush? next = batch.Next;
            batch.Complete(failure);
            batch = next;
        }
    }

    private StorageException? FirstFailure()
    {
        lock (_lock)
            return _failure is { } failure ? LaterFailure(failure) : null;
    }

    /// <summary>Runs one sync, unless an earlier one has failed. The caller holds <see cref="_syncing"/>.</summary>
    private StorageException? SyncUnlessFailed()
    {
        if (FirstFailure() is { } earlier)
            return earlier;
        Volatile.Write(ref _begun, _begun + 1);
        long start = clock.GetTimestamp();
        StorageException? failure = Sync();
        long duration = clock.GetTimestamp() - start;
        Volatile.Write(ref _estimate, duration > _estimate ? duration : _estimate - ((_estimate - duration) >> EstimateShift));
        lock (_lock)
            _failure ??= failure;
        return failure;
    }

    private StorageException? Sync()
    {
        try
        {
            Marshal.SetLastPInvokeError(0);
            RandomAccess.FlushToDisk(handle);
            // The call's own result cannot be trusted. In .NET 10 (seen in 10.0.12) it returns normally even when fsync fails, because its
            // native part returns 1, not -1. By design it also ignores the error of a read-only file system, and some file systems become
            // read-only when their disk fails. In both cases the error number of fsync is left behind.
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
        FileStorageLog.FlushFailed(logger, path, reason, cause);
        return new StorageException(
            $"cannot flush '{path}': {reason}; data written since the last flush may be lost; "
            + "check the device below it, then open it again",
            cause);
    }

    /// <summary>
    /// The kernel reports a failed write-back once, drops the pages, and reports success for the next flush. Passing that on would tell the
    /// guest that lost data is safe, so every flush after the first failure fails.
    /// </summary>
    private StorageException LaterFailure(StorageException first)
        => new(
            $"'{path}' cannot be flushed any more, because an earlier flush failed; check the device below it, then open it again",
            first);
}
