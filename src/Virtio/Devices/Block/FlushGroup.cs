using System.Runtime.CompilerServices;
using Virtio.Storage;

namespace Virtio.Devices.Block;

/// <summary>
/// The requests of one batch that wait for the same flush of the storage. The flush starts after all of their writes have ended, so it
/// covers each of them (virtio 1.4, 5.2.6.2). The object is reused, so that a flush allocates nothing.
/// </summary>
internal sealed class FlushGroup
{
    private readonly BlockQueue _queue;
    private readonly List<BlockRequest> _requests = [];
    private readonly Action _end;

    // The flush in flight.
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _pending;

    internal FlushGroup(BlockQueue queue)
    {
        _queue = queue;
        _end = End;
    }

    /// <summary>The next in the queue's list of free groups.</summary>
    internal FlushGroup? Next { get; set; }

    internal void Add(BlockRequest request) => _requests.Add(request);

    /// <summary>
    /// Flushes the storage, then completes the requests: on this thread if the flush ends at once, otherwise on the thread that ends the
    /// flush.
    /// </summary>
    internal void Flush(IWritableBlockStorage storage, CancellationToken stopping)
    {
        try
        {
            Await(storage.FlushAsync(stopping));
        }
        catch (Exception e)
        {
            // The call itself has thrown, so no flush was started.
            Complete(e);
        }
    }

    private void Await(ValueTask flush)
    {
        _pending = flush.ConfigureAwait(false).GetAwaiter();
        if (_pending.IsCompleted)
            End();
        else
            _pending.UnsafeOnCompleted(_end);
    }

    private void End()
    {
        try
        {
            _pending.GetResult();
        }
        catch (Exception e)
        {
            Complete(e);
            return;
        }

        Complete(failure: null);
    }

    private void Complete(Exception? failure)
    {
        foreach (BlockRequest request in _requests)
            request.Flushed(failure);
        _requests.Clear();
        _queue.Return(this);
    }
}
