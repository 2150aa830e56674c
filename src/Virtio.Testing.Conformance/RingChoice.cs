namespace Virtio.Testing.Conformance;

/// <summary>
/// A ring layout with a combination of its features, as one plain value for <c>MemberData</c>: "packed event-index indirect in-order".
/// </summary>
internal static class RingChoice
{
    internal static readonly VirtioFeatures[] Layouts = [VirtioFeatures.None, VirtioFeatures.RingPacked];

    private static readonly (VirtioFeatures Feature, string Name)[] Choices =
    [
        (VirtioFeatures.EventIndex, "event-index"),
        (VirtioFeatures.IndirectDescriptors, "indirect"),
        (VirtioFeatures.InOrder, "in-order"),
    ];

    /// <summary>Every layout with every combination of features.</summary>
    public static TheoryData<string> Names => [.. All.Select(NameOf)];

    /// <summary>Each layout with all of its features except IN_ORDER.</summary>
    public static TheoryData<string> LayoutNames =>
        [.. Layouts.Select(layout => NameOf(layout | VirtioFeatures.EventIndex | VirtioFeatures.IndirectDescriptors))];

    internal static IEnumerable<VirtioFeatures> All =>
        from layout in Layouts
        from bits in Enumerable.Range(0, 1 << Choices.Length)
        select layout | Choices.Where((_, i) => (bits & (1 << i)) != 0)
            .Aggregate(VirtioFeatures.None, (all, choice) => all | choice.Feature);

    internal static VirtioFeatures Named(string name) => All.Single(features => NameOf(features) == name);

    /// <summary>The features that a device offers for a test of these: also RING_RESET.</summary>
    internal static VirtioFeatures Offered(VirtioFeatures features) => features | VirtioFeatures.RingReset;

    internal static string NameOf(VirtioFeatures features) =>
        string.Join(' ', Choices.Where(choice => features.HasFlag(choice.Feature)).Select(choice => choice.Name)
            .Prepend(features.HasFlag(VirtioFeatures.RingPacked) ? "packed" : "split"));
}
