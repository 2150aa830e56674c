namespace Virtio.Queues;

/// <summary>What a ring found when asked for its next chain.</summary>
internal enum TakeResult
{
    /// <summary>Nothing is available.</summary>
    Empty,

    /// <summary>A well-formed chain was taken.</summary>
    Taken,

    /// <summary>A chain was taken that breaks a rule; it must be completed with length 0.</summary>
    Malformed,

    /// <summary>The ring itself makes no sense; only a reset can cure it.</summary>
    Broken,
}
