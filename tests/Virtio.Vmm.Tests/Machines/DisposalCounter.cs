using Virtio.Devices;
using Virtio.Queues;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>A device that does nothing except that it counts its disposals, and throws when it is told to.</summary>
internal sealed class DisposalCounter : IVirtioDevice
{
    private int _disposals;

    public int Disposals => Volatile.Read(ref _disposals);

    public DeviceId Id => DeviceId.Entropy;

    public ulong Features => 0;

    public ReadOnlySpan<ushort> QueueSizes => QueuesFailure is null ? [8] : throw QueuesFailure;

    /// <summary>The exception that its list of queues throws.</summary>
    public Exception? QueuesFailure { get; init; }

    /// <summary>The exception that a read of the configuration throws.</summary>
    public Exception? ConfigurationFailure { get; init; }

    /// <summary>The exception that the disposal throws.</summary>
    public Exception? DisposalFailure { get; init; }

    public void ReadConfig(int offset, Span<byte> destination)
    {
        if (ConfigurationFailure is not null)
            throw ConfigurationFailure;
    }

    public void Activate(DeviceActivation activation)
    {
    }

    public void StartQueue(int index, Virtqueue queue)
    {
    }

    public void StopQueue(int index)
    {
    }

    public void Reset()
    {
    }

    public ValueTask DisposeAsync()
    {
        Interlocked.Increment(ref _disposals);
        return DisposalFailure is null ? ValueTask.CompletedTask : ValueTask.FromException(DisposalFailure);
    }
}
