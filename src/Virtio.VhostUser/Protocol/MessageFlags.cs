namespace Virtio.VhostUser.Protocol;

/// <summary>What a message's header says of it.</summary>
[Flags]
internal enum MessageFlags : uint
{
    None = 0,

    /// <summary>The only version there is.</summary>
    Version = 1,

    VersionMask = 3,

    /// <summary>It is an answer.</summary>
    Reply = 1 << 2,

    /// <summary>The sender waits for an answer, also where the message has none of its own.</summary>
    NeedsReply = 1 << 3,
}
