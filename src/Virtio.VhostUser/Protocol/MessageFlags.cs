namespace Virtio.VhostUser.Protocol;

/// <summary>The flags in a message's header.</summary>
[Flags]
internal enum MessageFlags : uint
{
    None = 0,

    /// <summary>The only version of the protocol.</summary>
    Version = 1,

    VersionMask = 3,

    /// <summary>The message is an answer.</summary>
    Reply = 1 << 2,

    /// <summary>The sender waits for an acknowledgement of a message that has no answer of its own.</summary>
    NeedsReply = 1 << 3,
}
