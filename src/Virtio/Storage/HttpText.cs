using System.Net.Http.Headers;

namespace Virtio.Storage;

/// <summary>Prepares text from a server for a message: without control characters, and of limited length.</summary>
internal static class HttpText
{
    private const int Longest = 100;

    public static string Shown(string text)
    {
        ReadOnlySpan<char> part = text.AsSpan(0, Math.Min(text.Length, Longest));
        Span<char> shown = stackalloc char[Longest];
        for (int i = 0; i < part.Length; i++)
            shown[i] = char.IsControl(part[i]) ? '?' : part[i];
        return string.Concat(shown[..part.Length], text.Length > Longest ? "..." : "");
    }

    /// <summary>The status code with the server's reason phrase, as in "404 Not Found".</summary>
    public static string Status(HttpResponseMessage response)
        => $"{(int)response.StatusCode} {Shown(response.ReasonPhrase ?? "")}".TrimEnd();

    /// <summary>
    /// The distinct values of a header, without empty ones, unparsed: the framework's parsers drop values that they consider invalid.
    /// </summary>
    public static List<string> Values(HttpHeaders headers, string name)
    {
        List<string> values = [];
        if (!headers.NonValidated.TryGetValues(name, out HeaderStringValues raw))
            return values;
        foreach (string value in raw)
        {
            string trimmed = value.Trim(' ', '\t');
            if (trimmed.Length > 0 && !values.Contains(trimmed))
                values.Add(trimmed);
        }

        return values;
    }
}
