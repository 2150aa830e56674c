using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Tests.Testbed;

/// <summary>A device without a worker: the test's own thread serves its queue when the test says so.</summary>
internal sealed class ManualDevice : IVirtioDevice
{
    public DeviceId Id => DeviceId.Entropy;

    public ulong Features => 0;

    public VirtioFeatures RingFeatures { get; init; } = VirtioFeatures.RingDefault;

    public ReadOnlySpan<ushort> QueueSizes => [64];

    internal Virtqueue? Queue { get; private set; }

    /// <summary>Completes all offered chains as one batch, and writes all of their room.</summary>
    internal int Serve()
    {
        int served = 0;
        for (; Queue!.TryDequeue(out DescriptorChain chain); served++)
            chain.Complete(uint.MaxValue);
        Queue.Publish();
        return served;
    }

    public void Activate(DeviceActivation activation)
    {
    }

    public void StartQueue(int index, Virtqueue queue)
    {
        queue.BindToCurrentThread();
        Queue = queue;
    }

    public void StopQueue(int index) => Queue!.Stop();

    public void Reset()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
