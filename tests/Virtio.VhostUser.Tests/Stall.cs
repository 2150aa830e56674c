namespace Virtio.VhostUser.Tests;

/// <summary>How a storage handles a request.</summary>
public enum Stall
{
    /// <summary>Completes it.</summary>
    None,

    /// <summary>Does not complete it until it is cancelled.</summary>
    UntilCancelled,

    /// <summary>Does not complete it, and ignores its cancellation.</summary>
    Ever,

    /// <summary>Blocks the calling thread.</summary>
    Blocked,
}
