namespace Virtio.Bench.Rings;

/// <summary>One row of the table.</summary>
/// <param name="IsPacked">Whether the ring is packed.</param>
/// <param name="IsIndirect">Whether each chain is in an indirect table.</param>
/// <param name="Length">Descriptors in a chain.</param>
/// <param name="Batch">Chains completed before they are published to the driver.</param>
internal sealed record RingCase(bool IsPacked, bool IsIndirect, int Length, int Batch)
{
    internal static IEnumerable<RingCase> All =>
        from isPacked in (bool[])[false, true]
        from isIndirect in (bool[])[false, true]
        from length in (int[])[1, 3, 16]
        from batch in (int[])[1, 32]
        select new RingCase(isPacked, isIndirect, length, batch);

    internal string Name =>
        $"{(IsPacked ? "packed" : "split")}, {(IsIndirect ? "indirect" : "direct")}, chain of {Length}, batch of {Batch}";
}
