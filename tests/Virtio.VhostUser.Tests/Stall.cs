namespace Virtio.VhostUser.Tests;

/// <summary>What a storage does with a request.</summary>
public enum Stall
{
    /// <summary>Answers.</summary>
    None,

    /// <summary>Answers nothing until it is cancelled.</summary>
    UntilCancelled,

    /// <summary>Answers nothing, and ignores its cancellation.</summary>
    Ever,

    /// <summary>Does not return.</summary>
    Blocked,
}
