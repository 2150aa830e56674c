using System.Net.Http.Headers;

namespace Virtio.Storage;

/// <summary>One request, independent of the address that it is sent to after redirects.</summary>
/// <param name="Method">GET or HEAD.</param>
/// <param name="From">The first byte to request; null for the whole object.</param>
/// <param name="To">The last byte to request; null for all from the first on.</param>
/// <param name="Condition">The version to request; null for any.</param>
/// <param name="OrWhole">Whether the server is to send the whole object when its version is another one.</param>
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
