namespace Virtio.Storage;

/// <summary>
/// What tells one version of an object from the next (RFC 9110, 8.8): its strong entity tag, or its modification date. A
/// weak tag does not promise the same bytes, so nothing is tied to it; but a weak tag that differs is a change all the same.
/// </summary>
/// <param name="Tag">Null where the server sent none, or several.</param>
/// <param name="LastModified">Null where the server sent none, or no date.</param>
/// <param name="Date">When the server made the answer.</param>
internal sealed record HttpValidator(HttpEntityTag? Tag, DateTimeOffset? LastModified, DateTimeOffset Date)
{
    /// <summary>Of an object whose changes go unseen.</summary>
    public static readonly HttpValidator None = new(null, null, default);

    private static readonly TimeSpan Resolution = TimeSpan.FromSeconds(1);

    /// <summary>What the server sent, for a message that says why it is of no use.</summary>
    private string _sent = "";

    private bool HasStrongTag => Tag is { IsWeak: false };

    /// <summary>
    /// How much older the answer would have to be than the object for the date to be a strong validator; not positive when it
    /// is one. An object that was written within the second of the answer may be written again within it (RFC 9110, 8.8.2.2).
    /// </summary>
    public TimeSpan Unsettled => HasStrongTag || LastModified is null ? TimeSpan.Zero : LastModified.Value - Date + Resolution;

    /// <summary>Whether it can tell that the object was replaced.</summary>
    public bool IsUsable => HasStrongTag || (LastModified is not null && Unsettled <= TimeSpan.Zero);

    /// <summary>The header that versions are told apart by.</summary>
    public string Kind => HasStrongTag ? "ETag" : "Last-Modified";

    /// <summary>What is wrong with one that is not usable, for a person.</summary>
    public string Weakness => LastModified is not null
        ? $"the server's {_sent} is not older than its answer ({Date:R}), and it sends no strong ETag"
        : $"the server sends neither a strong ETag nor a Last-Modified{(_sent.Length > 0 ? $" that can be used ({_sent})" : "")}";

    public static HttpValidator Of(HttpResponseMessage response)
    {
        List<string> tags = HttpText.Values(response.Headers, "ETag");
        List<string> dates = HttpText.Values(response.Content.Headers, "Last-Modified");
        return new HttpValidator(
            tags.Count == 1 ? HttpEntityTag.Parse(tags[0]) : null,
            dates.Count == 1 ? response.Content.Headers.LastModified : null,
            response.Headers.Date ?? DateTimeOffset.UtcNow)
        {
            _sent = string.Join(", ", [.. tags.Select(tag => Said("ETag", tag)), .. dates.Select(date => Said("Last-Modified", date))]),
        };
    }

    /// <summary>
    /// Asks the server to answer for this version only, if that can be asked; one that can do so answers 412 for any other.
    /// </summary>
    public void AddTo(HttpRequestMessage request)
    {
        // Not If-Range: its answer to a change is the whole object with status 200, like that of a server that has stopped
        // doing ranges.
        if (Tag is { CanBeSent: true })
            request.Headers.TryAddWithoutValidation("If-Match", Tag.Value.Header);
        else if (!HasStrongTag)
            request.Headers.IfUnmodifiedSince = LastModified;
    }

    /// <summary>
    /// Whether a request can name it in If-Range: a strong tag, or a strong date where there is no tag at all (RFC 9110, 13.1.5).
    /// </summary>
    public bool CanContinue => Tag is { } tag ? tag.CanBeSent : IsUsable;

    /// <summary>Asks the server for the rest of this version, or for the whole of another one.</summary>
    public void AddIfRangeTo(HttpRequestMessage request)
        => request.Headers.TryAddWithoutValidation("If-Range", Tag is { } tag ? tag.Header : LastModified!.Value.ToString("R"));

    /// <summary>Whether an answer carries what this version is known by.</summary>
    public bool IsComparableTo(HttpValidator answer)
        => HasStrongTag ? answer.Tag is not null : LastModified is null || answer.LastModified is not null;

    /// <summary>
    /// Whether an answer is of this version, as far as it says. Servers that know no conditions answer all the same, so each
    /// answer is looked at.
    /// </summary>
    /// <returns>Null when nothing differs; otherwise what does, for a person.</returns>
    public string? Difference(HttpValidator answer)
    {
        bool sameTag = Tag is not { } tag || answer.Tag is not { } other || tag.IsSame(other);
        bool sameDate = LastModified is null || answer.LastModified is null || LastModified == answer.LastModified;
        if (HasStrongTag)
            return sameTag ? null : $"its ETag was {Tag} and is {answer.Tag}";
        if (!sameDate)
            return $"its Last-Modified was {LastModified:R} and is {answer.LastModified:R}";
        return sameTag || Tag!.Value.Opaque == answer.Tag!.Value.Opaque ? null : $"its ETag was {Tag} and is {answer.Tag}";
    }

    private static string Said(string header, string value) => $"{header} {HttpText.Shown(value)}";

    public override string ToString()
        => HasStrongTag ? $"ETag {Tag}" : LastModified is not null ? $"Last-Modified {LastModified:R}" : "nothing";
}
