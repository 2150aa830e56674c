namespace Virtio.Cli.Arguments;

/// <summary>Where a path may be a URL.</summary>
internal static class Address
{
    internal static bool IsUrl(string text) =>
        text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="CommandException">It is no URL; the message names it.</exception>
    internal static Uri Parse(string option, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Host.Length > 0
            ? url
            : throw new CommandException($"{option} {text}: that is no URL; write it as in https://example.org/file");

    /// <summary>The URL as messages show it: without a name and password, and without a query, which may hold a key.</summary>
    internal static string ForMessages(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}
