using System.Text.RegularExpressions;

namespace Virtio.Architecture.Tests;

/// <summary>Examples in documents are files that the build compiles, and paths in them exist.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Documents =>
        [
            .. Directory.EnumerateFiles(Repository.Root, "*.md")
                .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories))
                .Select(Repository.Relative),
        ];

    /// <summary>The documents whose C# is compiled: each block is a sample or an excerpt of one.</summary>
    public static TheoryData<string> DocumentsWithExamples => ["README.md", "docs/console.md", "docs/writing-a-device.md"];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Samples_in_documents_are_the_samples_files(string document) => Assert.All(
        Sample().Matches(TextOf(document)),
        sample => Assert.Equal(TextOf(sample.Groups[1].Value), sample.Groups[2].Value));

    [Theory]
    [MemberData(nameof(Documents))]
    public void Excerpts_in_documents_are_from_files_that_the_build_compiles(string document) => Assert.All(
        Excerpt().Matches(TextOf(document)),
        excerpt => Assert.Contains(Unindent(excerpt.Groups[2].Value), Unindent(TextOf(excerpt.Groups[1].Value)), StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(DocumentsWithExamples))]
    public void Every_csharp_example_is_a_sample_or_an_excerpt(string document)
    {
        string text = TextOf(document);
        int examples = text.Split("```csharp").Length - 1;
        Assert.NotEqual(0, examples);
        Assert.Equal(examples, Sample().Count(text) + Excerpt().Count(text));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_between_documents_lead_somewhere(string document)
    {
        string path = Path.Combine(Repository.Root, document);
        IEnumerable<string> broken = Link().Matches(File.ReadAllText(path))
            .Select(link => link.Groups[1].Value)
            .Where(target => !target.StartsWith("http", StringComparison.Ordinal)
                && !Path.Exists(Path.Combine(Path.GetDirectoryName(path)!, target)));
        Assert.Empty(broken);
    }

    [Fact]
    public void Files_that_the_architecture_names_exist()
    {
        string[] named = [.. SourceFile().Matches(TextOf("ARCHITECTURE.md")).Select(file => file.Groups[1].Value)];
        Assert.NotEmpty(named);
        Assert.All(named, file => Assert.True(File.Exists(Path.Combine(Repository.Root, "src", file)), file));
    }

    [Fact]
    public void Samples_stay_below_50_lines() =>
        Assert.Empty(Repository.SourceFiles("samples").Where(path => File.ReadLines(path).Count() >= 50).Select(Repository.Relative));

    private static string TextOf(string relative) => File.ReadAllText(Path.Combine(Repository.Root, relative));

    private static string Unindent(string text) => string.Join('\n', text.Split('\n').Select(line => line.TrimStart()));

    [GeneratedRegex(@"<!-- excerpt: (\S+) -->\n```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Excerpt();

    [GeneratedRegex(@"<!-- sample: (\S+) -->\n```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"`(Virtio[\w./]*/[\w./]+\.cs)`")]
    private static partial Regex SourceFile();

    [GeneratedRegex(@"\]\(([^)#\s]+)\)")]
    private static partial Regex Link();
}
