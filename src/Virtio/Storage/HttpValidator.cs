namespace Virtio.Storage;

/// <summary>
/// Distinguishes the versions of an object (RFC 9110, 8.8): by its strong entity tag, or by its modification date. A weak tag does not
/// promise the same bytes, so an equal weak tag proves nothing; a different weak tag is still a change.
/// </summary>
/// <param name="Tag">Null where the server sent none, or several.</param>
/// <param name="LastModified">Null where the server sent none, several, or no valid date.</param>
/// <param name="Date">When the server created the answer.</param>
internal sealed record HttpValidator(HttpEntityTag? Tag, DateTimeOffset? LastModified, DateTimeOffset Date)
{
    /// <summary>The validator of an object without one: its changes are not detected.</summary>
    public static readonly HttpValidator None = new(null, null, default);

    private static readonly TimeSpan Resolution = TimeSpan.FromSeconds(1);

    /// <summary>The headers that the server sent, for a message that says why they cannot be used.</summary>
    private string _sent = "";

    private bool HasStrongTag => Tag is { IsWeak: false };

    /// <summary>
    /// How much later the answer would have to be for the modification date to be a strong validator; zero or negative when it is one. An
    /// object that was written within the second of the answer may be written again within that second (RFC 9110, 8.8.2.2).
    /// </summary>
    public TimeSpan Unsettled => HasStrongTag || LastModified is null ? TimeSpan.Zero : LastModified.Value - Date + Resolution;

    /// <summary>Whether it detects that the object was replaced.</summary>
    public bool IsUsable => HasStrongTag || (LastModified is not null && Unsettled <= TimeSpan.Zero);

    /// <summary>The name of the header that distinguishes versions.</summary>
    public string Kind => HasStrongTag ? "ETag" : "Last-Modified";

    /// <summary>Why this validator is not usable, for a message.</summary>
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
    /// Makes the request conditional on this version, if a header can express it. A server that supports conditions answers 412 for any
    /// other version.
    /// </summary>
    public void AddTo(HttpRequestMessage request)
    {
        // If-Range is not used: a server answers it, after a change, with the whole object and status 200, like a server that has stopped
        // to serve ranges.
        if (Tag is { CanBeSent: true })
            request.Headers.TryAddWithoutValidation("If-Match", Tag.Value.Header);
        else if (!HasStrongTag)
            request.Headers.IfUnmodifiedSince = LastModified;
    }

    /// <summary>
    /// Whether a request can use it in If-Range: a strong tag, or a strong date if there is no tag at all (RFC 9110, 13.1.5).
    /// </summary>
    public bool CanContinue => Tag is { } tag ? tag.CanBeSent : IsUsable;

    /// <summary>
    /// Makes a range request apply to this version only: the server sends the whole object if its version is another one.
    /// </summary>
    public void AddIfRangeTo(HttpRequestMessage request)
        => request.Headers.TryAddWithoutValidation("If-Range", Tag is { } tag ? tag.Header : LastModified!.Value.ToString("R"));

    /// <summary>Whether an answer carries the header that identifies this version.</summary>
    public bool IsComparableTo(HttpValidator answer)
        => HasStrongTag ? answer.Tag is not null : LastModified is null || answer.LastModified is not null;

    /// <summary>
    /// Compares the version of an answer with this one, as far as its headers say. Every answer is compared, because servers without
    /// support for conditions ignore them.
    /// </summary>
    /// <returns>Null when nothing differs; otherwise the difference, for a message.</returns>
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
