using System.Text.RegularExpressions;

namespace Virtio.Architecture.Tests;

/// <summary>Examples in documents are files that the build compiles, and paths in them exist.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Documents =>
        [.. Directory.EnumerateFiles(Repository.Root, "*.md").Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)).Select(Repository.Relative)];

    [Fact]
    public void Samples_in_documents_are_the_samples_files()
    {
        MatchCollection samples = Sample().Matches(File.ReadAllText(Path.Combine(Repository.Root, "README.md")));
        Assert.NotEmpty(samples);
        Assert.All(samples, sample => Assert.Equal(File.ReadAllText(Path.Combine(Repository.Root, sample.Groups[1].Value)), sample.Groups[2].Value));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_between_documents_lead_somewhere(string document)
    {
        string path = Path.Combine(Repository.Root, document);
        IEnumerable<string> broken = Link().Matches(File.ReadAllText(path))
            .Select(link => link.Groups[1].Value)
            .Where(target => !target.StartsWith("http", StringComparison.Ordinal) && !Path.Exists(Path.Combine(Path.GetDirectoryName(path)!, target)));
        Assert.Empty(broken);
    }

    [Fact]
    public void Samples_stay_below_50_lines() =>
        Assert.Empty(Repository.SourceFiles("samples").Where(path => File.ReadLines(path).Count() >= 50).Select(Repository.Relative));

    [GeneratedRegex(@"<!-- sample: (\S+) -->\n```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"\]\(([^)#\s]+)\)")]
    private static partial Regex Link();
}
