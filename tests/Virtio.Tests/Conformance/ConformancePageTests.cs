using Virtio.Tests.Testbed;

namespace Virtio.Tests.Conformance;

public sealed class ConformancePageTests
{
    private static readonly string Page = SourceTree.PathOf("docs/conformance.md");

    [Fact]
    public void Every_requirement_is_either_tested_or_excused()
    {
        Assert.DoesNotContain(
            Requirement.All,
            row => !Requirement.Tests.Contains(row.Id) && !Requirement.NotApplicable.ContainsKey(row.Id));
        Assert.DoesNotContain(Requirement.All, row => Requirement.Tests.Contains(row.Id) && Requirement.NotApplicable.ContainsKey(row.Id));
    }

    [Fact]
    public void Tests_and_reasons_name_requirements_that_exist()
    {
        var known = Requirement.All.Select(row => row.Id).ToHashSet();
        Assert.All(Requirement.Tests.Select(group => group.Key).Concat(Requirement.NotApplicable.Keys), id => Assert.Contains(id, known));
    }

    [Fact]
    public void The_page_is_up_to_date()
    {
        if (SourceTree.Rewrites)
            File.WriteAllText(Page, ConformancePage.Generate());
        Assert.Equal(ConformancePage.Generate(), File.ReadAllText(Page));
    }
}
