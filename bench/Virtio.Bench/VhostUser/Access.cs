namespace Virtio.Bench.VhostUser;

/// <summary>A driver's access to the disk.</summary>
internal enum Access
{
    /// <summary>The driver reads.</summary>
    Read,

    /// <summary>The driver writes and has accepted FLUSH: a write is complete when the host's cache has it.</summary>
    WriteBack,

    /// <summary>The driver writes without FLUSH: a write is complete when it is durable (virtio 1.4, 5.2.6.2).</summary>
    WriteThrough,
}
