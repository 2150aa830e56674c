using System.Globalization;

namespace Virtio.Storage;

/// <summary>Which bytes of the object an answer contains, and the object's length (RFC 9110, 14.4).</summary>
/// <param name="From">The first byte; -1 in <c>bytes */LENGTH</c>, which says that the range does not exist.</param>
/// <param name="To">The last byte, inclusive; -1 as above.</param>
/// <param name="Length">The length of the whole object; null where the server does not know it.</param>
internal readonly record struct HttpContentRange(long From, long To, long? Length)
{
    private const string Bytes = "bytes";

    public bool IsUnsatisfied => From < 0;

    public long Count => To - From + 1;

    /// <summary>Reads the header of an answer.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="range">The header's range.</param>
    /// <returns>Null when it could be read; otherwise what is wrong, for a message.</returns>
    public static string? Read(HttpResponseMessage response, out HttpContentRange range)
    {
        range = default;
        List<string> values = HttpText.Values(response.Content.Headers, "Content-Range");
        return values.Count switch
        {
            0 => "it has no Content-Range",
            1 => Parse(values[0], out range) is string fault ? $"its Content-Range '{HttpText.Shown(values[0])}' {fault}" : null,
            _ => "it has several Content-Ranges that differ",
        };
    }

    /// <summary>Parses a value of the header. The unit may be in any letter case, and additional blanks are accepted.</summary>
    /// <returns>Null when it is valid; otherwise what is wrong, as the end of a sentence.</returns>
    public static string? Parse(string text, out HttpContentRange range)
    {
        range = default;
        ReadOnlySpan<char> rest = Trim(text);
        int blank = rest.IndexOfAny(' ', '\t');
        if (blank < 0)
            return "is malformed";
        if (!rest[..blank].Equals(Bytes, StringComparison.OrdinalIgnoreCase))
            return "is not in bytes";
        rest = rest[blank..];
        int slash = rest.IndexOf('/');
        if (slash < 0)
            return "is malformed";

        ReadOnlySpan<char> place = Trim(rest[..slash]);
        ReadOnlySpan<char> complete = Trim(rest[(slash + 1)..]);
        long length = 0;
        if (complete is not "*" && Number(complete, out length) is string wrongLength)
            return wrongLength;
        if (place is "*")
        {
            range = new HttpContentRange(-1, -1, length);
            return complete is "*" ? "is malformed" : null;
        }

        int dash = place.IndexOf('-');
        if (dash < 0)
            return "is malformed";
        string? wrongFrom = Number(Trim(place[..dash]), out long from);
        string? wrongTo = Number(Trim(place[(dash + 1)..]), out long to);
        if ((wrongFrom ?? wrongTo) is string wrongPlace)
            return wrongPlace;
        range = new HttpContentRange(from, to, complete is "*" ? null : length);
        return to < from ? "ends before it starts" : range.Length <= to ? "ends after the end of the object" : null;
    }

    private static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text) => text.Trim(" \t");

    // "Recipients MUST anticipate potentially large decimal numerals" (RFC 9110, 14.1.2).
    private static string? Number(ReadOnlySpan<char> digits, out long value)
    {
        value = 0;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
            return "is malformed";
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value) ? null : "has a number above 2^63-1";
    }
}
