using System.Net;

namespace Virtio.Storage;

/// <summary>Which redirects are followed (RFC 9110, 15.4).</summary>
internal static class HttpRedirect
{
    /// <summary>The most redirects that are followed for one request.</summary>
    public const int Most = 10;

    public static bool IsRedirect(HttpStatusCode status) => (int)status is 300 or 301 or 302 or 303 or 307 or 308;

    /// <summary>The address that a redirect leads to.</summary>
    /// <param name="name">The object's name, for messages.</param>
    /// <param name="from">The address that has sent the redirect.</param>
    /// <param name="response">The redirect.</param>
    /// <exception cref="StorageException">The redirect is not followed; the message says why.</exception>
    public static Uri LocationOf(string name, HttpTarget from, HttpResponseMessage response)
    {
        string redirect = $"{name}: the server answered {HttpText.Status(response)}";
        List<string> values = HttpText.Values(response.Headers, "Location");
        if (values.Count == 0)
            throw new StorageException($"{redirect} without saying where to; give the address of the object itself");
        if (values.Count > 1)
            throw new StorageException($"{redirect} with several Locations that differ; give the address of the object itself");
        if (!Uri.TryCreate(from.Uri, values[0], out Uri? location))
            throw new StorageException($"{redirect} with a Location that is no address; give the address of the object itself");
        if (location.Scheme != Uri.UriSchemeHttp && location.Scheme != Uri.UriSchemeHttps)
            throw new StorageException(
                $"{redirect} to an address of scheme '{HttpText.Shown(location.Scheme)}', which is not followed; only http and https are");
        if (from.Uri.Scheme == Uri.UriSchemeHttps && location.Scheme == Uri.UriSchemeHttp)
            throw new StorageException($"{redirect} from https to http at {location.Authority}, which is not followed: "
                + "an attacker could change the object in transit; make the server redirect to https, or give the http address itself");
        return location;
    }
}
