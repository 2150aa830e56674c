namespace Virtio.Storage;

/// <summary>An entity tag (RFC 9110, 8.8.3), as the server spelled it.</summary>
/// <param name="Opaque">What stands between the quotes, or all of it where the server left the quotes out.</param>
/// <param name="IsWeak">Whether it stays the same over changes that the server takes for small.</param>
/// <param name="IsQuoted">Whether it had its quotes.</param>
internal readonly record struct HttpEntityTag(string Opaque, bool IsWeak, bool IsQuoted)
{
    /// <summary>
    /// Whether a condition can carry it: a client may not send what is no entity tag, and HttpClient sends ASCII only. Such a
    /// tag still tells versions apart in the answers.
    /// </summary>
    public bool CanBeSent => IsQuoted && !IsWeak && !Opaque.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>As a condition carries it.</summary>
    public string Header => $"{(IsWeak ? "W/" : "")}\"{Opaque}\"";

    /// <returns>Null for what names no version: nothing, several tags, or the <c>*</c> that stands for every tag.</returns>
    public static HttpEntityTag? Parse(string text)
    {
        // The prefix is case-sensitive; a tag that is weak in the wrong spelling is no strong one.
        bool isWeak = text.StartsWith("W/", StringComparison.OrdinalIgnoreCase);
        string tag = isWeak ? text[2..] : text;
        bool isQuoted = tag.Length >= 2 && tag[0] == '"' && tag[^1] == '"';
        string opaque = isQuoted ? tag[1..^1] : tag;
        bool isTag = !opaque.Contains('"', StringComparison.Ordinal) && (isQuoted || opaque is not ("" or "*"));
        return isTag ? new HttpEntityTag(opaque, isWeak, isQuoted) : null;
    }

    /// <summary>Whether both name the same bytes, as far as either promises bytes at all. Quotes do not count.</summary>
    public bool IsSame(HttpEntityTag other) => IsWeak == other.IsWeak && Opaque == other.Opaque;

    public override string ToString() => $"{(IsWeak ? "W/" : "")}\"{HttpText.Shown(Opaque)}\"";
}
