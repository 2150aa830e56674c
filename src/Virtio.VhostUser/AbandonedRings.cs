using Virtio.Queues;

namespace Virtio.VhostUser;

/// <summary>
/// What requests that do not end still have of front-ends that are gone: addresses of memory that no longer is a guest's. It is freed when they have ended. For the server's
/// thread.
/// </summary>
internal sealed class AbandonedRings
{
    /// <summary>As many connections may have left requests behind; with more the server takes no front-end until some have ended.</summary>
    internal const int Maximum = 8;

    // How long a front-end waits for a device that is still stopping the queues of the one before.
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(1);

    private readonly List<Entry> _entries = [];

    /// <summary>Takes over what a session leaves behind.</summary>
    /// <param name="queues">Abandoned.</param>
    /// <param name="stop">The device's stop of these queues, which may go on for ever. The device may not be called meanwhile.</param>
    /// <param name="reset">Called after the stop, once.</param>
    /// <param name="free">Called when nothing is used any more, once.</param>
    internal void Add(IReadOnlyList<Virtqueue> queues, Task stop, Action reset, Action free) => _entries.Add(new Entry(queues, stop, reset, free));

    /// <summary>Frees what has ended, and says why the device cannot be served to another front-end now; null when it can.</summary>
    internal string? Collect()
    {
        foreach (Entry entry in _entries.ToArray())
        {
            if (!entry.IsReset && entry.Stop.Wait(StopTime))
            {
                entry.IsReset = true;
                entry.Reset();
            }

            // A queue without a worker of the library's belongs to threads of the device, which its stop has ended.
            if (entry.IsReset && entry.Queues.All(queue => queue.IsReleased || !queue.HasWorker))
            {
                _entries.Remove(entry);
                entry.Free();
            }
        }

        if (_entries.Exists(entry => !entry.IsReset))
            return "the device is still stopping the queues of an earlier front-end";
        return _entries.Count < Maximum ? null : $"requests of {_entries.Count} earlier front-ends have not ended";
    }

    private sealed record Entry(IReadOnlyList<Virtqueue> Queues, Task Stop, Action Reset, Action Free)
    {
        internal bool IsReset { get; set; }
    }
}
