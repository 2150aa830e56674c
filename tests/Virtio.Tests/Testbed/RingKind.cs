namespace Virtio.Tests.Testbed;

/// <summary>The layouts and features of the conformance suites, for other tests.</summary>
internal static class RingKind
{
    internal static readonly VirtioFeatures[] Layouts = RingChoice.Layouts;

    /// <summary>Every layout with every combination of features, for <c>MemberData</c>.</summary>
    public static TheoryData<string> Names => RingChoice.Names;

    /// <summary>Each layout with all of its features except IN_ORDER, for <c>MemberData</c>.</summary>
    public static TheoryData<string> LayoutNames => RingChoice.LayoutNames;

    internal static IEnumerable<VirtioFeatures> All => RingChoice.All;

    internal static VirtioFeatures Named(string name) => RingChoice.Named(name);

    internal static VirtioFeatures Offered(VirtioFeatures features) => RingChoice.Offered(features);

    internal static string NameOf(VirtioFeatures features) => RingChoice.NameOf(features);
}
