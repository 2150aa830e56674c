using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Bench.Rings;

/// <summary>A device without a worker: the benchmark's own thread serves its queue.</summary>
internal sealed class RingDevice(bool isPacked) : IVirtioDevice
{
    internal const int QueueSize = 1024;

    public DeviceId Id => DeviceId.Entropy;

    public ulong Features => 0;

    public VirtioFeatures RingFeatures => isPacked ? VirtioFeatures.RingDefault : VirtioFeatures.RingDefault & ~VirtioFeatures.RingPacked;

    public ReadOnlySpan<ushort> QueueSizes => [QueueSize];

    internal Virtqueue? Queue { get; private set; }

    public void Activate(DeviceActivation activation)
    {
    }

    public void StartQueue(int index, Virtqueue queue)
    {
        // As a worker does with its queue.
        queue.BindToCurrentThread();
        Queue = queue;
    }

    public void StopQueue(int index) => Queue = null;

    public void Reset()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
