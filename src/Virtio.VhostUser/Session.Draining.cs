using System.Diagnostics;
using Virtio.Queues;

namespace Virtio.VhostUser;

/// <content>
/// Stops rings in a bounded time, even where their requests hang. A message that stops rings drains them: no more chains are taken, and the
/// chains in flight complete. Requests that do not end within <see cref="SessionOptions.DrainTime"/> are cancelled and complete with
/// errors. All of this happens before the message is answered: the front-end may move the guest to another host after the answer, so
/// nothing may be in flight then. Requests that do not end even after cancellation end the connection without an answer: see
/// <see cref="Abandon"/>.
/// </content>
internal sealed partial class Session
{
    private static readonly TimeSpan DrainStep = TimeSpan.FromMilliseconds(50);

    // The device's StopQueue for rings that are stopping, where it has not returned in time; null otherwise. Owned by the connection's
    // thread.
    private Task? _unfinishedStop;

    private void Stop(Ring ring) => Stop([ring]);

    private void StopAll() => Stop(_rings);

    /// <summary>
    /// Stops rings after all chains taken from them have completed, so that they can be served again from the same position.
    /// </summary>
    /// <exception cref="IOException">The front-end has disconnected, or requests do not end.</exception>
    private void Stop(IReadOnlyList<Ring> rings)
    {
        Ring[] served = [.. rings.Where(ring => ring.Queue is not null)];
        if (served.Length == 0)
            return;

        // All rings begin to drain before any is waited for: the time limit is per message, not per ring.
        foreach (Ring ring in served)
            ring.Queue!.BeginDraining();
        if (!AwaitDrained(served, _options.DrainTime))
            Cancel(served);
        Halt(served);
    }

    /// <summary>
    /// Stops rings at once. Requests under way are cancelled and not completed for the driver; they stay in the in-flight record.
    /// </summary>
    /// <exception cref="IOException">Requests do not end.</exception>
    private void Halt(IReadOnlyList<Ring> rings)
    {
        if (!TryHalt(rings))
            throw new IOException("the device's requests do not end, although they were cancelled");
    }

    private bool TryHalt(IReadOnlyList<Ring> rings)
    {
        if (_unfinishedStop is not null)
            return false;
        Ring[] served = [.. rings.Where(ring => ring.Queue is not null)];
        if (served.Length == 0)
            return true;

        // From here on no ring is touched: the driver does not see what completes now.
        foreach (Ring ring in served)
            ring.Queue!.Halt();
        foreach (Ring ring in served)
            ring.Queue!.Cancel();

        // On its own thread, because only the device decides how long its stop takes. No other thread calls the device meanwhile: this
        // thread waits, or it ends the connection.
        Task stop = Task.Factory.StartNew(
            () => Array.ForEach(served, ring => _guarded.StopQueue(ring.Index)),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        if (!stop.Wait(_options.CancelTime))
        {
            _unfinishedStop = stop;
            return false;
        }

        foreach (Ring ring in served)
        {
            ring.State = ring.Queue!.State;
            ring.Queue = null;
            VhostUserLog.Ring(_options.Logger, _device.Id, ring.Index, "is not served any more");
        }

        return true;
    }

    /// <summary>Waits until all rings are drained, or the session ends; false where that takes longer than the limit.</summary>
    private bool AwaitDrained(Ring[] rings, TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (Ring ring in rings)
        {
            // A failed device's queues are halted, which ends the wait.
            while (!_ending.IsCancellationRequested && !ring.Queue!.WaitUntilDrained(DrainStep))
            {
                if (_hasFrontendGone())
                    throw new IOException("the front-end disconnected while requests were under way");
                if (Stopwatch.GetElapsedTime(start) >= limit)
                    return false;
            }
        }

        return true;
    }

    private void Cancel(Ring[] rings)
    {
        foreach (Ring ring in rings.Where(ring => !ring.Queue!.WaitUntilDrained(TimeSpan.Zero)))
        {
            VhostUserLog.Cancelled(_options.Logger, _device.Id, ring.Index, _options.DrainTime.TotalSeconds);
            ring.Queue!.Cancel();
            ring.UnblockCall();
        }

        if (!AwaitDrained(rings, _options.CancelTime))
            throw new IOException("the device's requests do not end, although they were cancelled");
    }

    /// <summary>
    /// Detaches requests that do not end from the guest: a storage still holds addresses of guest memory. That memory, the rings and the
    /// records are replaced by private memory at the same addresses, so that what the requests write there reaches no guest. The
    /// front-end's in-flight record still holds these requests. The addresses stay reserved until the requests have ended; the server
    /// bounds how many sessions may be left like this.
    /// </summary>
    private void Abandon()
    {
        Ring[] served = [.. _rings.Where(ring => ring.Queue is not null)];
        Virtqueue[] queues = [.. served.Select(ring => ring.Queue!)];
        foreach (Virtqueue queue in queues)
            queue.Abandon();
        foreach (MappedRegion region in _table.Regions)
            region.Memory.Detach();
        _inflight?.Detach();
        _logMemory?.Detach();

        // The front-end's descriptors are closed here. The signals stay: the workers that collect late completions wait on them.
        foreach (Ring ring in _rings)
            ring.ForgetDescriptors();
        VhostUserLog.Abandoned(_options.Logger, _device.Id, string.Join(", ", served.Select(ring => ring.Index)));
        _abandoned.Add(queues, _unfinishedStop!, _guarded.Reset, Free);
        if (_activation is not null)
            _counters.Resets++;
        Volatile.Write(ref _activation, null);
    }

    private void Free()
    {
        foreach (Ring ring in _rings)
            ring.Dispose();
        _inflight?.Dispose();
        _logMemory?.Dispose();
        MemoryTable.Unmap(_table.Regions);
    }
}
