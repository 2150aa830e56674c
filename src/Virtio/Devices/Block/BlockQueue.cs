using Virtio.Queues;

namespace Virtio.Devices.Block;

/// <summary>What the requests of one running queue share.</summary>
internal sealed class BlockQueue(BlockDevice device, DeviceActivation activation, CancellationToken stopping)
{
    internal BlockDevice Device => device;

    /// <summary>FLUSH was not negotiated: a write is complete only when it is durable (virtio 1.4, 5.2.6.2).</summary>
    internal bool WritesThrough { get; } = (activation.Features & (ulong)BlockFeatures.Flush) == 0;

    internal CancellationToken Stopping => stopping;

    internal void Handle(DescriptorChain chain)
    {
        if (chain.State is not BlockRequest request)
            chain.State = request = new BlockRequest(this, chain);
        request.Start();
    }

    internal void LogError(uint type, ulong sector, Exception exception)
    {
        if (!stopping.IsCancellationRequested)
            device.Errors.Add(activation.Logger, type, sector, exception);
    }
}
