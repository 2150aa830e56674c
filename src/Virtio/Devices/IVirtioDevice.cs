using Virtio.Queues;

namespace Virtio.Devices;

/// <summary>
/// A virtio device, written once for every transport. A device knows no transport. The transport calls one member at a time, but the
/// configuration members also while queues are being served.
/// </summary>
public interface IVirtioDevice : IAsyncDisposable
{
    /// <summary>The device type.</summary>
    DeviceId Id { get; }

    /// <summary>The device-type feature bits offered (virtio 1.4, 2.2); the transport adds the others. Constant.</summary>
    ulong Features { get; }

    /// <summary>
    /// What is offered of queues and their rings: <see cref="VirtioFeatures.RingPacked"/>, <see cref="VirtioFeatures.IndirectDescriptors"/>,
    /// <see cref="VirtioFeatures.EventIndex"/>, <see cref="VirtioFeatures.InOrder"/>, <see cref="VirtioFeatures.RingReset"/>,
    /// <see cref="VirtioFeatures.NotificationData"/>, <see cref="VirtioFeatures.AccessPlatform"/> and <see cref="VirtioFeatures.OrderPlatform"/>, in any
    /// combination; other bits are not offered. The transport and the queues do what they mean. Constant.
    /// </summary>
    VirtioFeatures RingFeatures => VirtioFeatures.RingDefault;

    /// <summary>The maximum size of each queue, in descriptors. Constant.</summary>
    ReadOnlySpan<ushort> QueueSizes { get; }

    /// <summary>
    /// Whether another process serves its queues, so that guest memory must be something that can be handed to it (<see cref="Memory.GuestMemoryRegion.File"/>).
    /// Constant.
    /// </summary>
    bool NeedsSharedMemory => false;

    /// <summary>
    /// Changes whenever the configuration space changed (virtio 1.4, 2.5). Read before and after a multi-field read to detect a torn one.
    /// </summary>
    uint ConfigGeneration => 0;

    /// <summary>Reads configuration space; what lies beyond it reads as zeros. Thread-safe.</summary>
    /// <param name="offset">First byte, at least 0.</param>
    /// <param name="destination">All of it is filled.</param>
    void ReadConfig(int offset, Span<byte> destination) => destination.Clear();

    /// <summary>Writes configuration space; what is not writable is ignored. Thread-safe.</summary>
    /// <param name="offset">First byte, at least 0.</param>
    /// <param name="source">The bytes.</param>
    void WriteConfig(int offset, ReadOnlySpan<byte> source)
    {
    }

    /// <summary>
    /// The driver is ready (DRIVER_OK). Followed by <see cref="StartQueue"/> for each queue that the driver has set up by then; it may set up others later.
    /// Must not block: a processor waits.
    /// </summary>
    void Activate(DeviceActivation activation);

    /// <summary>Starts to serve a queue: at activation, or at any time until <see cref="Reset"/>, with other queues running or none.</summary>
    void StartQueue(int index, Virtqueue queue);

    /// <summary>
    /// Stops serving a queue; returns when the device touches neither it nor its buffers any more, which <see cref="QueueWorker.Stop"/>
    /// waits for. The driver may use the memory for something else as soon as this has returned.
    /// </summary>
    /// <exception cref="QueueStopException">The device did not stop within the transport's limit.</exception>
    void StopQueue(int index);

    /// <summary>Back to the state before <see cref="Activate"/>; all queues were stopped.</summary>
    void Reset();
}
