namespace Virtio.Queues;

/// <summary>What the driver wrote about a queue: plain numbers, unchecked until <see cref="Virtqueue.TryCreate"/>.</summary>
internal sealed record QueueConfig
{
    /// <summary>Index of the queue in its device.</summary>
    public int Index { get; init; }

    /// <summary>Number of descriptors, 1 to 32768 (virtio 1.4, 2.8.10.1).</summary>
    public uint Size { get; init; }

    /// <summary>Guest-physical address of the descriptor area.</summary>
    public ulong DescriptorArea { get; init; }

    /// <summary>Guest-physical address of the driver area (split: available ring; packed: driver event suppression).</summary>
    public ulong DriverArea { get; init; }

    /// <summary>Guest-physical address of the device area (split: used ring; packed: device event suppression).</summary>
    public ulong DeviceArea { get; init; }

    /// <summary>The ring position to start from.</summary>
    public QueueState State { get; init; } = QueueState.Initial;

    /// <summary>Observes each chain of the queue; null where no record is kept.</summary>
    public ChainJournal? Journal { get; init; }

    /// <summary>
    /// Chains to serve before any in the ring, in this order. An earlier queue has taken them, so <see cref="State"/> is already behind
    /// them.
    /// </summary>
    public IReadOnlyList<UnfinishedChain> Unfinished { get; init; } = [];

    /// <summary>The negotiated features.</summary>
    public VirtioFeatures Features { get; init; }
}
