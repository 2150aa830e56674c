using System.Collections.Concurrent;
using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Tests.Testbed;

/// <summary>A device for tests: it handles each chain as the test says, and shows what the transport told it.</summary>
internal sealed class ProbeDevice(Action<DescriptorChain>? handle = null) : IVirtioDevice
{
    internal const DeviceId ProbeId = (DeviceId)0xfff1;

    private readonly Action<DescriptorChain> _handle = handle ?? Echo;

    // The workers by queue; a new array at each activation. Written by the transport's calls, of which there is one at a time.
    private QueueWorker?[] _workers = [];

    public DeviceId Id => ProbeId;

    public ulong Features { get; init; }

    public VirtioFeatures RingFeatures { get; init; } = VirtioFeatures.RingDefault;

    public ReadOnlySpan<ushort> QueueSizes => Sizes;

    public uint ConfigGeneration => Config.Generation;

    internal ushort[] Sizes { get; init; } = [64];

    internal ConfigSpace Config { get; } = new(16);

    /// <summary>What the transport passed at the last activation.</summary>
    internal DeviceActivation? Activation { get; private set; }

    /// <summary>The queue that was started last.</summary>
    internal Virtqueue? Queue { get; private set; }

    /// <summary>Makes the worker of a queue; by default a worker that passes each chain to the handler.</summary>
    internal Func<int, Virtqueue, DeviceActivation, QueueWorker>? Starting { get; init; }

    internal Action? OnActivate { get; init; }

    internal Action? OnStop { get; init; }

    internal Action? OnReset { get; init; }

    internal Func<ValueTask>? OnDispose { get; init; }

    /// <summary>Number of resets so far.</summary>
    internal int Resets { get; private set; }

    public void ReadConfig(int offset, Span<byte> destination) => Config.Read(offset, destination);

    public void Activate(DeviceActivation activation)
    {
        _workers = new QueueWorker?[Sizes.Length];
        Activation = activation;
        OnActivate?.Invoke();
    }

    public void StartQueue(int index, Virtqueue queue)
    {
        Queue = queue;
        _workers[index] = Starting?.Invoke(index, queue, Activation!) ?? QueueWorker.Start("virtio-probe", queue, Activation!, _handle);
    }

    public void StopQueue(int index)
    {
        _workers[index]?.Stop();
        OnStop?.Invoke();
    }

    public void Reset()
    {
        Resets++;
        OnReset?.Invoke();
    }

    public ValueTask DisposeAsync() => OnDispose?.Invoke() ?? ValueTask.CompletedTask;

    /// <summary>A handler that keeps every chain until the queue is stopped or the test completes it.</summary>
    internal static Action<DescriptorChain> Keep(BlockingCollection<DescriptorChain> kept) => chain => kept.Add(chain);

    private static void Echo(DescriptorChain chain)
    {
        while (chain.Reader.TryGetSpan(out ReadOnlySpan<byte> bytes) && chain.Writer.TryGetSpan(out Span<byte> room))
        {
            int count = Math.Min(bytes.Length, room.Length);
            bytes[..count].CopyTo(room);
            chain.Reader.Advance(count);
            chain.Writer.Advance(count);
        }

        chain.Complete();
    }
}
