using System.Diagnostics.CodeAnalysis;

namespace Virtio.Queues;

/// <summary>
/// Wakes a queue's worker. Sticky: a signal that is set while no thread waits ends the next wait. A spurious signal does no harm: the
/// worker looks at its queue and waits again. The transport owns the signal, keeps it through every reset of the device, and disposes it
/// after the workers have ended.
/// </summary>
public abstract class QueueSignal : IDisposable
{
    /// <summary>
    /// Ends the current wait, or else the next one. The thread that is woken sees everything that the caller wrote before. Thread-safe,
    /// never blocks for long, and does nothing after disposal.
    /// </summary>
    [SuppressMessage("Naming", "CA1716", Justification = "The framework's own events call it the same.")]
    public abstract void Set();

    /// <summary>
    /// Waits until the signal is set; returns at once when it was set since the last wait. Only one thread at a time may wait.
    /// </summary>
    public abstract void Wait();

    /// <summary>Frees the resources of the signal. No thread may wait any more.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the resources of the signal.</summary>
    /// <param name="disposing">Always true, because this class has no finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
