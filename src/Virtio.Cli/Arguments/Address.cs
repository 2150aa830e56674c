using System.Text.RegularExpressions;

namespace Virtio.Cli.Arguments;

/// <summary>Values of options that take a path or a URL.</summary>
internal static partial class Address
{
    internal static bool IsUrl(string text) =>
        text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="UsageException">The text is not a URL; the message names it.</exception>
    internal static Uri Parse(string option, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Host.Length > 0
            ? url
            : throw new UsageException($"{option} {ForMessages(text)}: that is no URL; write it as in https://example.org/file");

    /// <summary>Checks a path or a URL, and returns it unchanged.</summary>
    /// <param name="option">The option's name, for messages.</param>
    /// <param name="text">The value.</param>
    /// <exception cref="UsageException">The value is neither; the message names it.</exception>
    internal static string Check(string option, string text)
    {
        if (text.Length == 0)
            throw new UsageException($"{option} names no file; give a path or an http(s) URL");
        if (IsUrl(text))
            Parse(option, text);
        else if (Scheme().Match(text) is { Success: true } match)
        {
            throw new UsageException(
                $"{option} {ForMessages(text)}: unknown scheme '{match.Groups[1].Value}'; give an http or https URL, "
                + "or a path (one that begins like this with ./ before it)");
        }

        return text;
    }

    /// <summary>A URL for messages: without user name and password, and without the query, which may hold a key.</summary>
    internal static string ForMessages(Uri url) =>
        url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    /// <summary>The same for text that may be a URL or contain one.</summary>
    internal static string ForMessages(string text) => Query().Replace(Credentials().Replace(text, "://"), "$1?...");

    [GeneratedRegex("^([A-Za-z][A-Za-z0-9+.-]*)://")]
    private static partial Regex Scheme();

    [GeneratedRegex("://[^/?#]*@")]
    private static partial Regex Credentials();

    // The query ends at the options of a SPEC.
    [GeneratedRegex(@"(://[^?]*)\?(?:[^,]|,,)*")]
    private static partial Regex Query();
}
