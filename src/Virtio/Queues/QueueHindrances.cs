namespace Virtio.Queues;

/// <summary>Reasons why a queue has left its fast path, as flags. Usually none.</summary>
[Flags]
internal enum QueueHindrances
{
    None = 0,

    /// <summary>The ring must not be touched any more.</summary>
    Halted = 1,

    /// <summary>The ring contradicts itself. Only a reset helps.</summary>
    Broken = 2,

    /// <summary>No more chains are taken; those in flight are completed.</summary>
    Draining = 4,

    /// <summary>VIRTIO_F_IN_ORDER: buffers are used in the order they were made available.</summary>
    InOrder = 8,

    /// <summary>A metrics listener wants the durations of requests.</summary>
    Timed = 16,

    /// <summary>A <see cref="ChainJournal"/> observes each chain.</summary>
    Journaled = 32,
}
