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

    [Fact]
    public void Excerpts_in_documents_are_from_files_that_the_build_compiles()
    {
        MatchCollection excerpts = Excerpt().Matches(File.ReadAllText(Path.Combine(Repository.Root, "README.md")));
        Assert.NotEmpty(excerpts);
        Assert.All(excerpts, excerpt => Assert.Contains(Unindent(excerpt.Groups[2].Value), Unindent(File.ReadAllText(Path.Combine(Repository.Root, excerpt.Groups[1].Value))), StringComparison.Ordinal));
    }

    [Fact]
    public void Every_csharp_example_in_the_README_is_a_sample_or_an_excerpt()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        Assert.Equal(text.Split("```csharp").Length - 1, Sample().Count(text) + Excerpt().Count(text));
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

    private static string Unindent(string text) => string.Join('\n', text.Split('\n').Select(line => line.TrimStart()));

    [GeneratedRegex(@"<!-- excerpt: (\S+) -->\n```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Excerpt();

    [GeneratedRegex(@"<!-- sample: (\S+) -->\n```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"\]\(([^)#\s]+)\)")]
    private static partial Regex Link();
}
