using System.Text.RegularExpressions;

namespace Virtio.Cli.Completion;

/// <summary>What can follow an option or stand for an argument, as far as a shell can know.</summary>
/// <param name="Words">Words, and beginnings of words such as <c>unix:</c>.</param>
/// <param name="Files">Whether it may be a path.</param>
internal sealed partial record CompletionValues(IReadOnlyList<string> Words, bool Files)
{
    internal static CompletionValues None { get; } = new([], false);

    /// <summary>Reads it from how help writes the value: small letters stand for themselves, capitals for a kind of value.</summary>
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
