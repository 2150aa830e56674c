namespace Virtio.Bench.VhostUser;

/// <summary>What a driver does with the disk.</summary>
internal enum Access
{
    /// <summary>It reads.</summary>
    Read,

    /// <summary>It writes, and has accepted FLUSH: a write is complete when the host's cache has it.</summary>
    WriteBack,

    /// <summary>It writes without FLUSH: a write is complete when it is durable (virtio 1.4, 5.2.6.2).</summary>
    WriteThrough,
}
