using Virtio.Queues;

namespace Virtio.Devices;

/// <summary>
/// A virtio device, independent of the transport. The transport calls one member at a time, except that it may call the configuration
/// members at any time, also while queues are being served.
/// </summary>
public interface IVirtioDevice : IAsyncDisposable
{
    /// <summary>The device type.</summary>
    DeviceId Id { get; }

    /// <summary>The device-type feature bits to offer (virtio 1.4, 2.2); the transport adds the others. Constant.</summary>
    ulong Features { get; }

    /// <summary>
    /// The queue and ring features to offer: <see cref="VirtioFeatures.RingPacked"/>, <see cref="VirtioFeatures.IndirectDescriptors"/>,
    /// <see cref="VirtioFeatures.EventIndex"/>, <see cref="VirtioFeatures.InOrder"/>, <see cref="VirtioFeatures.RingReset"/>,
    /// <see cref="VirtioFeatures.NotificationData"/>, <see cref="VirtioFeatures.AccessPlatform"/> and
    /// <see cref="VirtioFeatures.OrderPlatform"/>, in any combination; other bits are not offered. The transport and the queues implement
    /// them, not the device. Constant.
    /// </summary>
    VirtioFeatures RingFeatures => VirtioFeatures.RingDefault;

    /// <summary>The maximum size of each queue, in descriptors. Constant.</summary>
    ReadOnlySpan<ushort> QueueSizes { get; }

    /// <summary>
    /// Whether another process serves the queues. Guest memory must then be backed by files that can be passed to that process
    /// (<see cref="Memory.GuestMemoryRegion.File"/>). Constant.
    /// </summary>
    bool NeedsSharedMemory => false;

    /// <summary>
    /// Changes whenever the configuration space has changed (virtio 1.4, 2.5). The driver reads it before and after several fields, to
    /// detect a torn read.
    /// </summary>
    uint ConfigGeneration => 0;

    /// <summary>Reads the configuration space; bytes beyond its end read as zeros. Thread-safe.</summary>
    /// <param name="offset">First byte, at least 0.</param>
    /// <param name="destination">Where the bytes go; the device fills all of it.</param>
    void ReadConfig(int offset, Span<byte> destination) => destination.Clear();

    /// <summary>Writes the configuration space; bytes that are not writable are ignored. Thread-safe.</summary>
    /// <param name="offset">First byte, at least 0.</param>
    /// <param name="source">The bytes.</param>
    void WriteConfig(int offset, ReadOnlySpan<byte> source)
    {
    }

    /// <summary>
    /// The driver is ready (DRIVER_OK). The transport then calls <see cref="StartQueue"/> for each queue that the driver has set up by
    /// then; the driver may set up others later. The call must not block, because a guest's processor waits for it.
    /// </summary>
    void Activate(DeviceActivation activation);

    /// <summary>
    /// Starts to serve a queue: at activation or at any later time until <see cref="Reset"/>, whether or not other queues run.
    /// </summary>
    void StartQueue(int index, Virtqueue queue);

    /// <summary>
    /// Stops serving a queue. Returns when the device no longer touches the queue or its buffers, because the driver may then reuse the
    /// memory at once. <see cref="QueueWorker.Stop"/> waits for that.
    /// </summary>
    /// <exception cref="QueueStopException">The device did not stop within the transport's limit.</exception>
    void StopQueue(int index);

    /// <summary>Returns to the state before <see cref="Activate"/>. The transport has stopped all queues before.</summary>
    void Reset();
}
