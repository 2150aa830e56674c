using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Fuzz.Targets;

/// <summary>A device without threads: it serves a queue when the queue is signalled.</summary>
internal sealed class RegisterDevice(GuestRam ram) : IVirtioDevice
{
    private readonly Virtqueue?[] _queues = new Virtqueue?[3];
    private readonly List<DescriptorChain>[] _held = [[], [], []];
    private DeviceActivation? _activation;

    public DeviceId Id => DeviceId.Block;

    public ulong Features => 0x55;

    public VirtioFeatures RingFeatures =>
        VirtioFeatures.RingDefault | VirtioFeatures.InOrder | VirtioFeatures.NotificationData | VirtioFeatures.AccessPlatform;

    public ReadOnlySpan<ushort> QueueSizes => [8, 5, 256];

    /// <summary>The number of further chains that are kept until their queue is stopped or drained.</summary>
    internal int Keeps { get; set; }

    public void Activate(DeviceActivation activation)
    {
        Check.That(_activation is null);
        _activation = activation;
    }

    public void StartQueue(int index, Virtqueue queue)
    {
        Check.That(_queues[index] is null && _activation is not null);
        _queues[index] = queue;
        queue.BindToCurrentThread();
        Serve(index);
    }

    public void StopQueue(int index)
    {
        Virtqueue queue = _queues[index]!;
        _queues[index] = null;
        queue.Stop();
        Release(index);
        Check.That(!queue.Publish() && queue.Outstanding == 0);
    }

    public void Reset()
    {
        Check.That(Array.TrueForAll(_queues, queue => queue is null));
        _activation = null;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Does the work of a queue's worker.</summary>
    internal void Serve(int index)
    {
        if (_queues[index] is not { } queue)
            return;
        if (!queue.IsRunning)
            Release(index);
        do
        {
            queue.SuppressKicks();
            while (queue.TryDequeue(out DescriptorChain chain))
            {
                ChainChecks.Use(ram, chain, 64);
                if (Keeps-- > 0)
                    _held[index].Add(chain);
                else
                    chain.Complete();
                Check.That(queue.Outstanding <= queue.Size);
            }

            queue.Publish();
        }
        while (queue.RequestKicks());
        if (queue.IsBroken)
            _activation!.Fail("the ring contradicts itself");
    }

    private void Release(int index)
    {
        foreach (DescriptorChain chain in _held[index])
            chain.Complete(0);
        _held[index].Clear();
    }
}
