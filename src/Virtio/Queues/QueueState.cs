namespace Virtio.Queues;

/// <summary>
/// Where a queue stands, by value: what is needed to go on with the same ring elsewhere, or later. A queue has no other state between requests.
/// </summary>
/// <param name="NextAvailable">Split: the next index to look for in the available ring, modulo 2^16. Packed: the slot of the next descriptor to take.</param>
/// <param name="AvailableWrap">Packed: the wrap counter that belongs to it. Split: true.</param>
/// <param name="NextUsed">Split: the used ring's next index, modulo 2^16. Packed: the slot of the next used descriptor.</param>
/// <param name="UsedWrap">Packed: the wrap counter that belongs to it. Split: true.</param>
public readonly record struct QueueState(ushort NextAvailable, bool AvailableWrap, ushort NextUsed, bool UsedWrap)
{
    /// <summary>A ring that nobody has used yet (virtio 1.4, 2.7 and 2.8.1).</summary>
    public static QueueState Initial { get; } = new(0, true, 0, true);
}
