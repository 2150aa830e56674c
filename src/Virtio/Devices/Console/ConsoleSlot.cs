using Virtio.Queues;

namespace Virtio.Devices.Console;

/// <summary>
/// A port number of a console device: its two queues, which exist as long as the driver runs, and the port whose streams they carry at the
/// moment. What the driver knows of it is guarded by the lock of the <see cref="ConsoleControl"/>.
/// </summary>
internal sealed class ConsoleSlot(int number)
{
    // Set and cleared by the transport's thread; read by the threads that wake the worker.
    private volatile QueueWorker? _receiver;
    private QueueWorker? _transmitter;
    private volatile ConsolePort? _port;
    private volatile bool _wasUsed;

    internal int Number => number;

    /// <summary>
    /// The port of this number; null while there is none. Changed under the lock of the control, read by the queues' workers.
    /// </summary>
    internal ConsolePort? Port
    {
        get => _port;
        set => _port = value;
    }

    /// <summary>Whether the driver was told of a port of this number, and not yet that it is gone.</summary>
    internal bool IsAnnounced { get; set; }

    /// <summary>
    /// Whether the driver knew a port of this number, since its start, that was removed. Until it has the next one, it may still write to
    /// the earlier port. Changed under the lock of the control, read by the queues' workers.
    /// </summary>
    internal bool WasUsed
    {
        get => _wasUsed;
        set => _wasUsed = value;
    }

    /// <summary>What the driver is still to be told.</summary>
    internal PendingMessages Pending { get; set; }

    /// <summary>Whether the driver knows the port that is here now, so that its messages mean this port and not an earlier one.</summary>
    internal bool IsKnown => _port is not null && IsAnnounced && (Pending & (PendingMessages.Add | PendingMessages.Remove)) == 0;

    /// <summary>Called after output was taken from the driver; set once, before the first queue starts.</summary>
    internal Action? Written { get; set; }

    internal void StartReceiver(Virtqueue queue, DeviceActivation activation)
    {
        _receiver = QueueWorker.StartHostDriven("virtio-console-in", queue, activation, Deliver);

        // The worker may have looked before the reading loop had data, and the loop may have looked for the worker before it was assigned.
        _receiver.Wake();
    }

    internal void StartTransmitter(Virtqueue queue, DeviceActivation activation)
    {
        CancellationToken stopping = queue.Stopping;
        Func<bool> isDraining = () => queue.IsDraining;
        _transmitter = QueueWorker.Start("virtio-console-out", queue, activation, chain => Take(chain, isDraining, stopping));
    }

    internal void StopReceiver()
    {
        _receiver?.Stop();
        _receiver = null;
    }

    internal void StopTransmitter() => _transmitter?.Stop();

    internal void WakeReceiver() => _receiver?.Wake();

    private bool Deliver(Virtqueue queue) => _port is { IsOpen: true } port && port.Input.Deliver(queue);

    private void Take(DescriptorChain chain, Func<bool> isDraining, CancellationToken stopping)
    {
        if (_port is { } port && (port.IsReady || !WasUsed))
            port.Output.Take(chain, isDraining, stopping);
        else
            chain.Complete(0);
        Written?.Invoke();
    }
}
