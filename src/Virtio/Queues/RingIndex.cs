namespace Virtio.Queues;

/// <summary>Arithmetic on ring positions, the only numbers here that are meant to wrap.</summary>
internal static class RingIndex
{
    /// <summary>
    /// Whether moving from <paramref name="before"/> to <paramref name="after"/> steps over <paramref name="wanted"/>: a range, modulo 2^16, never an
    /// equality, because a batch may step over the wanted position (virtio 1.4, 2.7.7.2 and 2.8.9).
    /// </summary>
    internal static bool Crosses(ushort wanted, ushort after, ushort before) =>
        unchecked((ushort)(after - wanted - 1) < (ushort)(after - before));
}
