namespace Virtio.Queues;

/// <summary>Who has a chain object.</summary>
internal enum ChainProgress
{
    /// <summary>Its queue, for the next request.</summary>
    Free,

    /// <summary>The device.</summary>
    Taken,

    /// <summary>The device completed it; its queue has not given it back yet.</summary>
    Completed,

    /// <summary>Its queue, which gives it back after those taken before it.</summary>
    Finished,
}
