namespace Virtio.Bench.Rings;

/// <summary>One row of the table.</summary>
/// <param name="IsPacked">The layout.</param>
/// <param name="IsIndirect">Each chain in a table of its own.</param>
/// <param name="Length">Descriptors in a chain.</param>
/// <param name="Batch">Chains given back before the driver is told.</param>
internal sealed record RingCase(bool IsPacked, bool IsIndirect, int Length, int Batch)
{
    internal static IEnumerable<RingCase> All =>
        from isPacked in (bool[])[false, true]
        from isIndirect in (bool[])[false, true]
        from length in (int[])[1, 3, 16]
        from batch in (int[])[1, 32]
        select new RingCase(isPacked, isIndirect, length, batch);

    internal string Name => $"{(IsPacked ? "packed" : "split")}, {(IsIndirect ? "indirect" : "direct")}, chain of {Length}, batch of {Batch}";
}
