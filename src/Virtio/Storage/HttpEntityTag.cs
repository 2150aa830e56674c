namespace Virtio.Storage;

/// <summary>An entity tag (RFC 9110, 8.8.3), as the server spelled it.</summary>
/// <param name="Opaque">The text between the quotes, or all of it where the server left the quotes out.</param>
/// <param name="IsWeak">Whether the tag may stay the same over changes that the server considers small.</param>
/// <param name="IsQuoted">Whether the server sent the quotes.</param>
internal readonly record struct HttpEntityTag(string Opaque, bool IsWeak, bool IsQuoted)
{
    /// <summary>
    /// Whether a request can carry the tag as a condition: a client may send only valid entity tags, and HttpClient sends ASCII only. Any
    /// other tag still tells versions apart in answers.
    /// </summary>
    public bool CanBeSent => IsQuoted && !IsWeak && !Opaque.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>The tag as the value of a condition's header.</summary>
    public string Header => $"{(IsWeak ? "W/" : "")}\"{Opaque}\"";

    /// <returns>Null for a value that names no version: an empty one, several tags, or <c>*</c>, which stands for every tag.</returns>
    public static HttpEntityTag? Parse(string text)
    {
        // The standard's prefix is case-sensitive. A tag with the wrong letter case is still taken as weak, never as strong.
        bool isWeak = text.StartsWith("W/", StringComparison.OrdinalIgnoreCase);
        string tag = isWeak ? text[2..] : text;
        bool isQuoted = tag.Length >= 2 && tag[0] == '"' && tag[^1] == '"';
        string opaque = isQuoted ? tag[1..^1] : tag;
        bool isTag = !opaque.Contains('"', StringComparison.Ordinal) && (isQuoted || opaque is not ("" or "*"));
        return isTag ? new HttpEntityTag(opaque, isWeak, isQuoted) : null;
    }

    /// <summary>Whether both tags name the same version. Missing quotes make no difference.</summary>
    public bool IsSame(HttpEntityTag other) => IsWeak == other.IsWeak && Opaque == other.Opaque;

    public override string ToString() => $"{(IsWeak ? "W/" : "")}\"{HttpText.Shown(Opaque)}\"";
}
