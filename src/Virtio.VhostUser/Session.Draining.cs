using System.Diagnostics;
using Virtio.Queues;

namespace Virtio.VhostUser;

/// <content>
/// How rings stop, in a bounded time whatever their requests do. A message that stops rings drains them: no more is taken, and what was taken completes. Requests that do not
/// end within <see cref="SessionOptions.DrainTime"/> are cancelled, and complete as failed ones; all of it before the message is answered, so that a front-end finds nothing
/// in flight behind the answer, which it may take to another host. Requests that do not end even then end the connection, unanswered: see <see cref="Abandon"/>.
/// </content>
internal sealed partial class Session
{
    private static readonly TimeSpan DrainStep = TimeSpan.FromMilliseconds(50);

    // The device's StopQueue for rings that are stopping, where that has not returned in time; null otherwise.
    private Task? _unfinishedStop;

    private void Stop(Ring ring) => Stop([ring]);

    private void StopAll() => Stop(_rings);

    /// <summary>Stops serving rings when all that was taken from them is completed, so that they can go on where they stand.</summary>
    /// <exception cref="IOException">The front-end has gone, or there are requests that do not end.</exception>
    private void Stop(IReadOnlyList<Ring> rings)
    {
        Ring[] served = [.. rings.Where(ring => ring.Queue is not null)];
        if (served.Length == 0)
            return;

        // All of them before any is waited for: the limit is that of the message.
        foreach (Ring ring in served)
            ring.Queue!.BeginDraining();
        if (!AwaitDrained(served, _options.DrainTime))
            Cancel(served);
        Halt(served);
    }

    /// <summary>Stops serving rings at once. What is under way is cancelled and not completed for the driver; it stays in the record of what is in flight.</summary>
    /// <exception cref="IOException">There are requests that do not end.</exception>
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

        // From here on no ring is touched: what completes now is not seen by the driver.
        foreach (Ring ring in served)
            ring.Queue!.Halt();
        foreach (Ring ring in served)
            ring.Queue!.Cancel();

        // On a thread of its own, because only the device decides how long it takes. The device is called by no other thread meanwhile: this one waits, or the connection ends.
        Task stop = Task.Factory.StartNew(
            () => Array.ForEach(served, ring => _guarded.StopQueue(ring.Index)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
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

    /// <summary>Waits until all rings are drained, or need not be: false when that takes longer than the limit.</summary>
    private bool AwaitDrained(Ring[] rings, TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (Ring ring in rings)
        {
            // A failed device's queues are halted, which ends the wait.
            while (!_ending.IsCancellationRequested && !ring.Queue!.WaitUntilDrained(DrainStep))
            {
                if (_hasFrontendGone())
                    throw new IOException("the front-end has gone while requests were under way");
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
    /// Ends with requests that do not end: a storage still has addresses of guest memory. That memory, the rings and the records are replaced by memory of this process's own,
    /// at the same addresses: what the requests write there reaches no guest. The front-end keeps its record of what is in flight, in which these requests still are. The
    /// addresses are kept until the requests have ended; how many there may be is bounded by the server.
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

        // Without the descriptors of the front-end; the signals themselves are waited on by the workers that collect what ends.
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
