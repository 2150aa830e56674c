using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Storage;

/// <summary>
/// Flushes a file with one sync at a time (group commit). All callers that ask while a sync runs share the next one: it starts after each of them
/// asked, so it covers what each of them had written.
/// </summary>
/// <remarks>
/// A sync runs on the caller's thread while syncs of this file are cheaper than a switch to another thread, as on a file system in memory or a disk
/// whose cache survives a power cut. Otherwise it runs on the thread pool, and the caller can serve other requests meanwhile.
/// </remarks>
/// <param name="path">For messages.</param>
/// <param name="handle">The open file.</param>
/// <param name="logger">Where the first failure is logged.</param>
/// <param name="clock">Measures how long a sync takes.</param>
internal sealed class FileFlusher(string path, SafeFileHandle handle, ILogger logger, TimeProvider clock) : IThreadPoolWorkItem
{
    /// <summary>EINTR: left behind by a try that was repeated.</summary>
    private const int Interrupted = 4;

    // About what it costs to hand a flush to the thread pool and to wake the queue's worker afterwards.
    private static readonly TimeSpan ThreadSwitch = TimeSpan.FromMicroseconds(20);

    // Each shorter sync moves the estimate by an eighth of the difference; a longer one replaces it. So a disk whose syncs vary blocks the
    // caller once in some forty syncs at most.
    private const int EstimateShift = 3;

    private readonly Lock _lock = new();

    // Held during a sync. The kernel reports a failed write-back to one sync only, so two at once could tell the second caller that lost data is safe.
    private readonly Lock _syncing = new();

    // Callers that wait for the next sync on the thread pool, and objects to use again. Guarded by _lock.
    private FileFlush? _waiting;
    private FileFlush? _free;

    // A sync is queued to the thread pool or runs there. Guarded by _lock.
    private bool _running;

    // Of the first sync that failed. Guarded by _lock.
    private StorageException? _failure;

    // Syncs begun so far. Written under _syncing; read without it.
    private long _begun;

    // The estimate of how long the next sync takes, in ticks of the clock; negative before the first one. Written under _syncing; read without it.
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
            // Every sync that was begun has ended, because the lock is held during one.
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
            // Under the lock, so that the callers that came while an earlier sync held it are covered too.
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

    private StorageException? FirstFailure()
    {
        lock (_lock)
            return _failure is { } failure ? LaterFailure(failure) : null;
    }

    /// <summary>One sync, for a caller that holds <see cref="_syncing"/>; none any more once a sync has failed.</summary>
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
        FileStorageLog.FlushFailed(logger, path, reason, cause);
        return new StorageException($"Cannot flush '{path}': {reason}. What was written since the flush before may be lost; check the device below it, then open it again.", cause);
    }

    /// <summary>
    /// The kernel reports a failed write-back once, drops the pages, and answers the next flush with success. Passing that
    /// on would tell the guest that lost data is safe.
    /// </summary>
    private StorageException LaterFailure(StorageException first)
        => new($"'{path}' cannot be flushed any more, because a flush before has failed; check the device below it, then open it again.", first);
}
