using Virtio.Queues;

namespace Virtio.Devices.Block;

/// <summary>The state that all requests of one running queue share.</summary>
internal sealed class BlockQueue(BlockDevice device, DeviceActivation activation, CancellationToken stopping)
{
    private readonly Lock _gate = new();

    // The requests of the current batch that wait for its flush; null when there are none. Belongs to the worker's thread.
    private FlushGroup? _group;

    // Free groups for reuse. Guarded by _gate, because a group is returned on the thread that ended its flush.
    private FlushGroup? _free;

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

    /// <summary>
    /// Adds a request to the one flush of its batch: a FLUSH request, or a finished write that must be durable before it is completed. For
    /// the worker's thread.
    /// </summary>
    internal void FlushAtEndOfBatch(BlockRequest request)
    {
        _group ??= TakeGroup();
        _group.Add(request);
    }

    /// <summary>Starts the flush for which requests of this batch wait, if there are any. For the worker's thread.</summary>
    internal void EndBatch()
    {
        if (_group is not { } group)
            return;
        _group = null;
        group.Flush(device.Writable!, stopping);
    }

    internal void Return(FlushGroup group)
    {
        lock (_gate)
        {
            group.Next = _free;
            _free = group;
        }
    }

    private FlushGroup TakeGroup()
    {
        lock (_gate)
        {
            if (_free is not { } group)
                return new FlushGroup(this);
            _free = group.Next;
            return group;
        }
    }

    internal void LogError(uint type, ulong sector, Exception exception)
    {
        if (!stopping.IsCancellationRequested)
            device.Errors.Add(activation.Logger, type, sector, exception);
    }
}
