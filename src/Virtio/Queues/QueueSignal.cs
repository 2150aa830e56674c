using System.Diagnostics.CodeAnalysis;

namespace Virtio.Queues;

/// <summary>
/// Wakes a queue's worker. Sticky: a signal given while nobody waits ends the next wait. A signal without a cause does no harm: who was woken looks, and
/// waits again. It belongs to a transport, which keeps it through every reset of the device and disposes it after the workers have ended.
/// </summary>
public abstract class QueueSignal : IDisposable
{
    /// <summary>
    /// Ends the next wait, or one that goes on. What the caller wrote before is seen by whoever is woken. Thread-safe, never blocks for long, and does nothing
    /// after disposal.
    /// </summary>
    [SuppressMessage("Naming", "CA1716", Justification = "The framework's own events call it the same.")]
    public abstract void Set();

    /// <summary>Returns at once when it was set after the last wait, else when it is set. One thread at a time waits.</summary>
    public abstract void Wait();

    /// <summary>Frees what it holds. Nobody waits any more.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what it holds.</summary>
    /// <param name="disposing">Always true: nothing here has a finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
