using System.Net.Http.Headers;

namespace Virtio.Storage;

/// <summary>
/// What tells one version of an object from the next (RFC 9110, 8.8): its strong entity tag, or its modification date. A
/// weak tag does not promise the same bytes, so nothing is tied to it; but a weak tag that differs is a change all the same.
/// </summary>
internal sealed record HttpValidator(EntityTagHeaderValue? Tag, DateTimeOffset? LastModified)
{
    private bool HasStrongTag => Tag is { IsWeak: false };

    /// <summary>Whether it can tell that the object was replaced.</summary>
    public bool IsUsable => HasStrongTag || LastModified is not null;

    public static HttpValidator Of(HttpResponseMessage response) => new(response.Headers.ETag, response.Content.Headers.LastModified);

    /// <summary>Asks the server to answer for this version only; one that can do so answers 412 for any other.</summary>
    public void AddTo(HttpRequestMessage request)
    {
        // Not If-Range: its answer to a change is the whole object with status 200, like that of a server that has stopped
        // doing ranges; and it must not carry a date that is younger than a second (RFC 9110, 13.1.5).
        if (HasStrongTag)
            request.Headers.IfMatch.Add(Tag!);
        else if (LastModified is not null)
            request.Headers.IfUnmodifiedSince = LastModified;
    }

    /// <summary>The header that versions are told apart by.</summary>
    public string Kind => HasStrongTag ? "ETag" : "Last-Modified";

    /// <summary>Whether an answer carries what this version is known by.</summary>
    public bool IsComparableTo(HttpValidator answer)
        => HasStrongTag ? answer.Tag is not null : LastModified is null || answer.LastModified is not null;

    /// <summary>Whether an answer is of this version. Servers that know no conditions answer all the same, so each answer is looked at.</summary>
    /// <returns>Null when it is; otherwise what differs, for a person.</returns>
    public string? Difference(HttpValidator answer)
    {
        if (HasStrongTag)
            return Tag!.Equals(answer.Tag) ? null : $"its ETag was {Tag} and is {answer.Tag}";
        if (LastModified != answer.LastModified && LastModified is not null)
            return $"its Last-Modified was {LastModified:R} and is {answer.LastModified:R}";
        if (Tag is not null && answer.Tag is not null && Tag.Tag != answer.Tag.Tag)
            return $"its ETag was {Tag} and is {answer.Tag}";
        return null;
    }
}
