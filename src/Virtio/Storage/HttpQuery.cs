using System.Net.Http.Headers;

namespace Virtio.Storage;

/// <summary>One request, whichever server it goes to in the end.</summary>
/// <param name="Method">GET or HEAD.</param>
/// <param name="From">The first byte asked for; null for the whole object.</param>
/// <param name="To">The last byte asked for; null for all from the first on.</param>
/// <param name="Condition">The version to answer for; null for any.</param>
/// <param name="OrWhole">Whether an object of another version is to be sent as a whole.</param>
internal readonly record struct HttpQuery(
    HttpMethod Method, long? From = null, long? To = null, HttpValidator? Condition = null, bool OrWhole = false)
{
    public HttpRequestMessage For(HttpTarget target, HttpClient client)
    {
        HttpRequestMessage request = new(Method, target.Uri)
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
        };
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (target.Authorization is not null)
            request.Headers.Authorization = target.Authorization;
        if (From is not null)
            request.Headers.Range = new RangeHeaderValue(From, To);
        if (OrWhole)
            Condition?.AddIfRangeTo(request);
        else
            Condition?.AddTo(request);
        return request;
    }
}
