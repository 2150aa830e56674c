namespace Virtio.Queues;

/// <summary>
/// The position of a queue in its ring: all that another device, or the same one later, needs to continue with the ring. A queue has no
/// other state while no request is in flight.
/// </summary>
/// <param name="NextAvailable">
/// Split: the next index of the available ring, modulo 2^16. Packed: the slot of the next descriptor to take.
/// </param>
/// <param name="AvailableWrap">Packed: the wrap counter that belongs to it. Split: true.</param>
/// <param name="NextUsed">Split: the used ring's next index, modulo 2^16. Packed: the slot of the next used descriptor.</param>
/// <param name="UsedWrap">Packed: the wrap counter that belongs to it. Split: true.</param>
public readonly record struct QueueState(ushort NextAvailable, bool AvailableWrap, ushort NextUsed, bool UsedWrap)
{
    /// <summary>The state of a new ring (virtio 1.4, 2.7 and 2.8.1).</summary>
    public static QueueState Initial { get; } = new(0, true, 0, true);
}
