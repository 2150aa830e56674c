using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Tests.Queues.Model;

/// <summary>A device without a worker: the test itself takes, completes and publishes.</summary>
internal sealed class PlayedDevice(ushort size) : IVirtioDevice
{
    private readonly ushort[] _sizes = [size];

    public DeviceId Id => (DeviceId)0xfff2;

    public ulong Features => 0;

    public VirtioFeatures RingFeatures { get; init; }

    public ReadOnlySpan<ushort> QueueSizes => _sizes;

    internal Virtqueue Queue { get; private set; } = null!;

    public void Activate(DeviceActivation activation)
    {
    }

    public void StartQueue(int index, Virtqueue queue)
    {
        Queue = queue;
        queue.BindToCurrentThread();
    }

    public void StopQueue(int index) => Queue.Stop();

    public void Reset()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
