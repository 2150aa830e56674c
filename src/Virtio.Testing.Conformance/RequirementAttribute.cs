using Xunit.v3;

namespace Virtio.Testing.Conformance;

/// <summary>The test shows that the device meets a requirement of the standard. The ids are those of <c>docs/conformance.md</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequirementAttribute(params string[] ids) : Attribute, ITraitAttribute
{
    /// <summary>The requirements.</summary>
    public IReadOnlyList<string> Ids { get; } = ids;

    /// <summary>One trait for each id, so that <c>-trait Requirement=MMIO-3</c> finds the tests of a requirement.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [.. Ids.Select(id => KeyValuePair.Create("Requirement", id))];
}
