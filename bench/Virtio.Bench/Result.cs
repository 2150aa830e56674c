namespace Virtio.Bench;

/// <summary>One measured figure with all its samples.</summary>
/// <param name="Suite">The suite it belongs to.</param>
/// <param name="Name">What was measured.</param>
/// <param name="Subject">The name of the measured program.</param>
/// <param name="Unit">The unit of the samples.</param>
/// <param name="MoreIsBetter">Whether a larger figure is the better one.</param>
/// <param name="Samples">The samples in the order of measurement; at least one.</param>
/// <param name="Ratio">
/// The figure divided by the figure it is compared with. With QEMU: the median of the quotients of each round, because a disturbance of the
/// host affects neighbouring measurements alike. With the C loop: the quotient of the best of both. Null for QEMU and the C loop
/// themselves, and if there is nothing to compare with.
/// </param>
internal sealed record Result(
    string Suite,
    string Name,
    string Subject,
    string Unit,
    bool MoreIsBetter,
    IReadOnlyList<double> Samples,
    double? Ratio = null)
{
    internal double Median => MedianOf(Samples);

    /// <summary>The sample with the least disturbance.</summary>
    internal double Best => MoreIsBetter ? Samples.Max() : Samples.Min();

    internal static double MedianOf(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
