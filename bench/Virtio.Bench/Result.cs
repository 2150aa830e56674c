namespace Virtio.Bench;

/// <summary>One measured figure with all its samples.</summary>
/// <param name="Suite">The suite it belongs to.</param>
/// <param name="Name">What was measured.</param>
/// <param name="Subject">Who was measured.</param>
/// <param name="Unit">The unit of the samples.</param>
/// <param name="MoreIsBetter">Whether a larger figure is the better one.</param>
/// <param name="Samples">The figures, in the order in which they were taken; at least one.</param>
/// <param name="Ratio">
/// The figure divided by that of whoever it is compared with. QEMU's: the median of the quotients of each round, because what disturbs a machine disturbs
/// neighbours in time alike. The C loop's: the quotient of the best of both. Null for those two themselves, and where there is nothing to compare.
/// </param>
internal sealed record Result(string Suite, string Name, string Subject, string Unit, bool MoreIsBetter, IReadOnlyList<double> Samples, double? Ratio = null)
{
    internal double Median => MedianOf(Samples);

    /// <summary>What the machine did when least disturbed.</summary>
    internal double Best => MoreIsBetter ? Samples.Max() : Samples.Min();

    internal static double MedianOf(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
