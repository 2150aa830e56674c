using Virtio.Tests.Testbed;

namespace Virtio.Tests.Conformance;

/// <summary>One row of <c>Requirements.tsv</c>, with its reason in <c>NotApplicable.tsv</c> and its tests.</summary>
internal sealed record Requirement(string Id, string Section, string Level, string Text)
{
    private const string Folder = "tests/Virtio.Tests/Conformance";

    internal static IReadOnlyList<Requirement> All { get; } =
    [
        .. Rows("Requirements.tsv").Select(row => new Requirement(row[0], row[1], row[2], row[3])),
    ];

    internal static IReadOnlyDictionary<string, string> NotApplicable { get; } =
        Rows("NotApplicable.tsv").ToDictionary(row => row[0], row => row[1]);

    /// <summary>The tests that carry the attribute, by requirement.</summary>
    internal static ILookup<string, string> Tests { get; } = typeof(Requirement).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods())
        .SelectMany(method => method.GetCustomAttributes(typeof(RequirementAttribute), inherit: false)
            .SelectMany(attribute => ((RequirementAttribute)attribute).Ids)
            .Select(id => (Id: id, Test: $"{method.DeclaringType!.Name}.{method.Name}")))
        .OrderBy(pair => pair.Test, StringComparer.Ordinal)
        .ToLookup(pair => pair.Id, pair => pair.Test);

    internal string Group => Id[..Id.IndexOf('-', StringComparison.Ordinal)];

    private static IEnumerable<string[]> Rows(string file) => File.ReadLines(SourceTree.PathOf(Path.Combine(Folder, file)))
        .Where(line => !line.StartsWith('#'))
        .Skip(1)
        .Select(line => line.Split('\t'));
}
