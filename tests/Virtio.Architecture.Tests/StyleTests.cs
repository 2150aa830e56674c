using System.Text.RegularExpressions;

namespace Virtio.Architecture.Tests;

/// <summary>Lines and words of the source, as `CONTRIBUTING.md` asks for them.</summary>
public sealed partial class StyleTests
{
    private const int Columns = 140;

    private static readonly string[] Folders = ["src", "tests", "bench", "fuzz", "samples"];

    [Fact]
    public void Lines_end_at_140_columns() => Assert.Empty(Lines(Folders).Where(line => line.Text.Length > Columns).Select(Name));

    [Fact]
    public void Comments_and_messages_name_the_actor() =>
        Assert.Empty(Lines(["src"]).Where(line => Vague().IsMatch(line.Text)).Select(Name));

    private static string Name((string Path, int Number, string Text) line) => $"{line.Path}:{line.Number}: {line.Text.Trim()}";

    private static IEnumerable<(string Path, int Number, string Text)> Lines(IEnumerable<string> folders) =>
        from folder in folders
        from path in Repository.SourceFiles(folder)
        from line in File.ReadLines(path).Select((text, index) => (Repository.Relative(path), index + 1, text))
        select line;

    [GeneratedRegex(@"\b(nobody|somebody|anybody|whoever|whatever|anew)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Vague();
}
