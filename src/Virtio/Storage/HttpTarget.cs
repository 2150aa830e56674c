using System.Net.Http.Headers;
using System.Text;

namespace Virtio.Storage;

/// <summary>An address to send requests to, with the credentials for its server.</summary>
internal sealed class HttpTarget
{
    private HttpTarget(Uri uri, AuthenticationHeaderValue? authorization, string name, bool isRedirected)
    {
        Uri = uri;
        Authorization = authorization;
        Name = name;
        IsRedirected = isRedirected;
    }

    /// <summary>The address without user, password and fragment.</summary>
    public Uri Uri { get; }

    public AuthenticationHeaderValue? Authorization { get; }

    /// <summary>
    /// The address for messages and logs, without user, password and query. The query of a signed address is a credential.
    /// </summary>
    public string Name { get; }

    /// <summary>Whether the address comes from a redirect and not from the caller.</summary>
    public bool IsRedirected { get; }

    /// <summary>Makes the target for the caller's address.</summary>
    /// <exception cref="StorageException">The user name cannot be sent with basic authentication.</exception>
    public static HttpTarget Of(Uri uri)
    {
        Uri plain = Plain(uri);
        string name = plain.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        if (uri.UserInfo.Length == 0)
            return new HttpTarget(plain, null, name, isRedirected: false);

        // The colon is searched before unescaping, because an escaped colon belongs to the user name or the password.
        int colon = uri.UserInfo.IndexOf(':', StringComparison.Ordinal);
        string user = Uri.UnescapeDataString(colon < 0 ? uri.UserInfo : uri.UserInfo[..colon]);
        string password = colon < 0 ? "" : Uri.UnescapeDataString(uri.UserInfo[(colon + 1)..]);
        if (user.Contains(':', StringComparison.Ordinal))
            throw new StorageException($"{name}: a user name with a colon cannot be sent (RFC 7617); use another user");
        string credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        return new HttpTarget(plain, new AuthenticationHeaderValue("Basic", credentials), name, isRedirected: false);
    }

    /// <summary>
    /// Makes the target that a redirect from here leads to. The credentials are kept only within the same origin. A user in the redirect's
    /// address is ignored, because a server must not choose the credentials for another server.
    /// </summary>
    public HttpTarget MovedTo(Uri location)
    {
        Uri plain = Plain(location);
        // The name leaves out the path as well: in a redirect's address it may contain a key that the caller does not know of.
        string name = plain.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        return new HttpTarget(plain, HasOriginOf(plain) ? Authorization : null, name, isRedirected: true);
    }

    /// <summary>Whether scheme, host and port are the same (RFC 9110, 4.3.1).</summary>
    public bool HasOriginOf(Uri other) => Uri.Scheme == other.Scheme
        && Uri.IdnHost.Equals(other.IdnHost, StringComparison.OrdinalIgnoreCase)
        && Uri.Port == other.Port;

    /// <summary>
    /// Whether both are the same object on the same server. The query is not compared, because each redirect may sign the address again.
    /// </summary>
    public bool IsSamePlace(HttpTarget other) => HasOriginOf(other.Uri) && Uri.AbsolutePath == other.Uri.AbsolutePath;

    private static Uri Plain(Uri uri)
        => uri.UserInfo.Length == 0 && uri.Fragment.Length == 0
            ? uri
            : new UriBuilder(uri) { UserName = "", Password = "", Fragment = "" }.Uri;
}
