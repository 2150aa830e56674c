namespace Virtio.Queues;

/// <summary>What keeps a queue from serving requests in the simplest way, in one word: none of it, nearly always.</summary>
[Flags]
internal enum QueueHindrances
{
    None = 0,

    /// <summary>The ring may not be touched any more.</summary>
    Halted = 1,

    /// <summary>The ring contradicts itself.</summary>
    Broken = 2,

    /// <summary>Nothing more is taken, what was taken is given back.</summary>
    Draining = 4,

    /// <summary>Buffers are used in order.</summary>
    InOrder = 8,

    /// <summary>Somebody wants to know how long requests take.</summary>
    Timed = 16,

    /// <summary>Somebody keeps a record of each chain.</summary>
    Journaled = 32,
}
