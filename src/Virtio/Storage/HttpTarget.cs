using System.Net.Http.Headers;
using System.Text;

namespace Virtio.Storage;

/// <summary>An address that is asked, with the credentials that it may see.</summary>
internal sealed class HttpTarget
{
    private HttpTarget(Uri uri, AuthenticationHeaderValue? authorization, string name, bool isRedirected)
    {
        Uri = uri;
        Authorization = authorization;
        Name = name;
        IsRedirected = isRedirected;
    }

    /// <summary>Without user, password and fragment.</summary>
    public Uri Uri { get; }

    public AuthenticationHeaderValue? Authorization { get; }

    /// <summary>For messages and logs: no user, password or query, for the query of a signed address is a credential.</summary>
    public string Name { get; }

    /// <summary>Whether a server named it, rather than a person.</summary>
    public bool IsRedirected { get; }

    /// <summary>The address that a person gave.</summary>
    /// <exception cref="StorageException">It has a user name that basic authentication cannot carry.</exception>
    public static HttpTarget Of(Uri uri)
    {
        Uri plain = Plain(uri);
        string name = plain.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        if (uri.UserInfo.Length == 0)
            return new HttpTarget(plain, null, name, isRedirected: false);

        // The colon is looked for before the escapes are undone: an escaped one belongs to the password.
        int colon = uri.UserInfo.IndexOf(':', StringComparison.Ordinal);
        string user = Uri.UnescapeDataString(colon < 0 ? uri.UserInfo : uri.UserInfo[..colon]);
        string password = colon < 0 ? "" : Uri.UnescapeDataString(uri.UserInfo[(colon + 1)..]);
        if (user.Contains(':', StringComparison.Ordinal))
            throw new StorageException($"{name}: a user name with a colon cannot be sent (RFC 7617); use another user");
        string credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        return new HttpTarget(plain, new AuthenticationHeaderValue("Basic", credentials), name, isRedirected: false);
    }

    /// <summary>
    /// Where a redirect from here leads. The credentials stay within the origin. What a redirect says of a user is not used: a
    /// server has no business choosing as whom another one is asked.
    /// </summary>
    public HttpTarget MovedTo(Uri location)
    {
        Uri plain = Plain(location);
        // The path too may hold a key there, which the person who gave the address does not know of.
        string name = plain.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        return new HttpTarget(plain, HasOriginOf(plain) ? Authorization : null, name, isRedirected: true);
    }

    /// <summary>Scheme, host and port are the same (RFC 9110, 4.3.1).</summary>
    public bool HasOriginOf(Uri other) => Uri.Scheme == other.Scheme
        && Uri.IdnHost.Equals(other.IdnHost, StringComparison.OrdinalIgnoreCase)
        && Uri.Port == other.Port;

    /// <summary>Whether both are the same object on the same server. The query does not count: each redirect may sign it again.</summary>
    public bool IsSamePlace(HttpTarget other) => HasOriginOf(other.Uri) && Uri.AbsolutePath == other.Uri.AbsolutePath;

    private static Uri Plain(Uri uri)
        => uri.UserInfo.Length == 0 && uri.Fragment.Length == 0
            ? uri
            : new UriBuilder(uri) { UserName = "", Password = "", Fragment = "" }.Uri;
}
