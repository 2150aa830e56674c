namespace Virtio.Tests.Queues.Model;

/// <summary>A chain as the model knows it.</summary>
internal sealed class ModelChain
{
    internal required ushort Id { get; init; }

    /// <summary>Number of descriptors in the ring, not in an indirect table.</summary>
    internal required int Descriptors { get; init; }

    internal required int Readable { get; init; }

    internal required int Writable { get; init; }

    internal required bool IsMalformed { get; init; }

    internal bool IsDone { get; set; }

    internal uint Written { get; set; }
}
