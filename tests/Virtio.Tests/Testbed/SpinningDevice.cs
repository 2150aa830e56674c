using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Tests.Testbed;

/// <summary>
/// A device whose worker never sleeps but polls for the kick that it asked for. Rounds take a fraction of a microsecond, so within a second
/// the two sides meet in every possible order.
/// </summary>
internal sealed class SpinningDevice(Action<DescriptorChain>? handle = null) : IVirtioDevice
{
    private readonly Action<DescriptorChain> _handle = handle ?? (chain => chain.Complete(0));
    private Thread? _thread;
    private volatile bool _stop;
    private long _kicks;

    public DeviceId Id => ProbeDevice.ProbeId;

    public ulong Features => 0;

    public VirtioFeatures RingFeatures { get; init; } = VirtioFeatures.RingDefault;

    public ReadOnlySpan<ushort> QueueSizes => [16];

    public void Activate(DeviceActivation activation)
    {
    }

    public void StartQueue(int index, Virtqueue queue) => _thread = BackgroundThread.Start(() => Serve(queue));

    public void StopQueue(int index)
    {
        _stop = true;
        _thread?.Join();
    }

    public void Reset()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Called when the driver kicks.</summary>
    internal void Kick() => Interlocked.Increment(ref _kicks);

    private void Serve(Virtqueue queue)
    {
        queue.BindToCurrentThread();
        while (!_stop)
        {
            long seen = Volatile.Read(ref _kicks);
            queue.SuppressKicks();
            while (queue.TryDequeue(out DescriptorChain chain))
                _handle(chain);
            queue.Publish();
            if (queue.RequestKicks())
                continue;
            while (Volatile.Read(ref _kicks) == seen && !_stop)
                Thread.SpinWait(1);
        }
    }
}
