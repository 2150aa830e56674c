namespace Virtio.Queues;

/// <summary>The result of taking the next chain from a ring.</summary>
internal enum TakeResult
{
    /// <summary>No chain is available.</summary>
    Empty,

    /// <summary>A well-formed chain was taken.</summary>
    Taken,

    /// <summary>A malformed chain was taken; it must be completed with length 0.</summary>
    Malformed,

    /// <summary>The ring contradicts itself; only a reset helps.</summary>
    Broken,
}
