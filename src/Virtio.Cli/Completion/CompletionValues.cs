using System.Text.RegularExpressions;

namespace Virtio.Cli.Completion;

/// <summary>The possible values of an option or an argument, as far as a shell can complete them.</summary>
/// <param name="Words">Words, and prefixes of words such as <c>unix:</c>.</param>
/// <param name="Files">Whether a path is possible.</param>
internal sealed partial record CompletionValues(IReadOnlyList<string> Words, bool Files)
{
    internal static CompletionValues None { get; } = new([], false);

    /// <summary>Reads them from the help text of the value: lower case stands for itself, upper case for a kind of value.</summary>
    internal static CompletionValues From(string help)
    {
        string[] kinds = help.Replace("[,OPTION]...", "", StringComparison.Ordinal).Split('|');
        return new CompletionValues(
            [.. kinds.Select(kind => Literal().Match(kind).Value).Where(word => word.Length > 0)],
            kinds.Any(kind => kind is "FILE" or "PATH" or "DISK"));
    }

    [GeneratedRegex("^(?:[a-z][a-z0-9-]*$|[a-z]+:)")]
    private static partial Regex Literal();
}
