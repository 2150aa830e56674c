using System.Net;

namespace Virtio.Storage;

/// <summary>Checks that an answer contains the requested bytes, unencoded.</summary>
internal static class HttpRangeAnswer
{
    private const string Remedy =
        "enable ranges there (nginx: no 'max_ranges 0'), use another server, or download the object and use the file";

    /// <summary>Checks everything except the version.</summary>
    /// <param name="name">The object's name, for messages.</param>
    /// <param name="response">An answer of status 206.</param>
    /// <param name="first">The first requested byte.</param>
    /// <param name="last">The last requested byte.</param>
    /// <returns>The range that the body contains: it starts at the first requested byte, and may be shorter than requested.</returns>
    public static HttpContentRange RangeOf(string name, HttpResponseMessage response, long first, long last)
    {
        string asked = $"{name}: asked for bytes {first} to {last}, the server answered with";
        ThrowIfEncoded(name, response);
        if (response.Content.Headers.ContentType?.MediaType is string type && IsMultipart(type))
            throw new StorageException($"{asked} '{type}', which is for several ranges and not served here; {Remedy}");
        if (HttpContentRange.Read(response, out HttpContentRange range) is string fault)
            throw new StorageException($"{asked} status 206, but {fault}; {Remedy}");
        if (range.IsUnsatisfied)
            throw new StorageException($"{asked} none, but with status 206; {Remedy}");
        if (range.From != first || range.To > last)
            throw new StorageException($"{asked} bytes {range.From} to {range.To}; {Remedy}");
        if (response.Content.Headers.ContentLength is long said && said != range.Count)
            throw new StorageException(
                $"{name}: the server's Content-Length of {said} contradicts its Content-Range of {range.Count} bytes; {Remedy}");
        return range;
    }

    /// <summary>Throws for an encoded body.</summary>
    public static void ThrowIfEncoded(string name, HttpResponseMessage response)
    {
        foreach (string encoding in HttpText.Values(response.Content.Headers, "Content-Encoding"))
            ThrowIfEncoded(name, encoding, "identity");
        // HttpClient decodes chunked, and no other transfer encoding.
        foreach (string encoding in HttpText.Values(response.Headers, "Transfer-Encoding"))
            ThrowIfEncoded(name, encoding, "chunked");
    }

    public static StorageException TooLong(string name)
        => new($"{name}: the server sent more bytes than it announced, so its answers cannot be trusted");

    /// <summary>The exception for a successful answer without a range, while opening.</summary>
    public static StorageException WithoutRanges(string name, HttpResponseMessage response) => new(response switch
    {
        { StatusCode: HttpStatusCode.OK, Content.Headers.ContentLength: 0 } => $"{name} is empty, so it cannot be a disk",
        { StatusCode: HttpStatusCode.OK }
            => $"{name}: the server does not serve ranges of bytes, which a disk needs (it answered {HttpText.Status(response)}); {Remedy}",
        _ => $"{name}: asked for a range of bytes, the server answered {HttpText.Status(response)} instead of 206; {Remedy}",
    });

    private static bool IsMultipart(string type)
        => type.Equals("multipart/byteranges", StringComparison.OrdinalIgnoreCase)
            || type.Equals("multipart/x-byteranges", StringComparison.OrdinalIgnoreCase);

    private static void ThrowIfEncoded(string name, string encoding, string plain)
    {
        if (!encoding.Equals(plain, StringComparison.OrdinalIgnoreCase))
            throw new StorageException($"{name}: the server sends it encoded as '{HttpText.Shown(encoding)}' though it was asked not to; "
                + "turn that off for this object");
    }
}
