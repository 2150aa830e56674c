namespace Virtio.Queues;

/// <summary>Arithmetic on ring positions, modulo 2^16.</summary>
internal static class RingIndex
{
    /// <summary>
    /// Whether a move from <paramref name="before"/> to <paramref name="after"/> passes the entry at <paramref name="wanted"/> (virtio 1.4,
    /// 2.7.7.2 and 2.8.9). It compares a range modulo 2^16. A test for equality would miss a batch that steps over the wanted position.
    /// </summary>
    internal static bool Crosses(ushort wanted, ushort after, ushort before) =>
        unchecked((ushort)(after - wanted - 1) < (ushort)(after - before));
}
