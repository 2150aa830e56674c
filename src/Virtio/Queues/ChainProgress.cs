namespace Virtio.Queues;

/// <summary>Where a chain object is between being taken and being returned to the driver.</summary>
internal enum ChainProgress
{
    /// <summary>It holds no request; the queue may fill it with the next one.</summary>
    Free,

    /// <summary>The device holds it.</summary>
    Taken,

    /// <summary>The device has completed it; the queue has not processed the completion yet.</summary>
    Completed,

    /// <summary>VIRTIO_F_IN_ORDER: the queue returns it to the driver after all chains taken before it.</summary>
    Finished,
}
