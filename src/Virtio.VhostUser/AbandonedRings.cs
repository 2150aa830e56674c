using Virtio.Queues;

namespace Virtio.VhostUser;

/// <summary>
/// The rings and the memory of disconnected front-ends that unfinished requests still reference. The memory is detached from the guest; it
/// is freed when these requests have ended. Used by the server's thread only.
/// </summary>
internal sealed class AbandonedRings
{
    /// <summary>
    /// The most connections that may have left requests behind. At this number the server takes no front-end until requests have ended.
    /// </summary>
    internal const int Maximum = 8;

    // How long a new front-end waits for the device to stop the queues of an earlier front-end.
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(1);

    private readonly List<Entry> _entries = [];

    /// <summary>Takes over what a session leaves behind.</summary>
    /// <param name="queues">The queues, abandoned already.</param>
    /// <param name="stop">The device's stop of these queues, which may never complete. The device must not be called until it
    /// completes.</param>
    /// <param name="reset">Resets the device; called once, after the stop.</param>
    /// <param name="free">Frees the session's memory; called once, when no request references it any more.</param>
    internal void Add(IReadOnlyList<Virtqueue> queues, Task stop, Action reset, Action free) =>
        _entries.Add(new Entry(queues, stop, reset, free));

    /// <summary>Frees the sessions whose requests have ended.</summary>
    /// <returns>Why the device cannot serve another front-end now; null when it can.</returns>
    internal string? Collect()
    {
        foreach (Entry entry in _entries.ToArray())
        {
            if (!entry.IsReset && entry.Stop.Wait(StopTime))
            {
                entry.IsReset = true;
                entry.Reset();
            }

            // A queue without a library worker is used by the device's own threads, and the device's stop has ended those.
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
