using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Virtio.Storage;

/// <summary>One object on one server: how it is asked for, how it is named to a person, and for how long an answer may stall.</summary>
internal sealed class HttpSource : IDisposable
{
    private readonly HttpClient _client;
    private readonly bool _ownsClient;
    private readonly Uri _uri;
    private readonly AuthenticationHeaderValue? _authorization;

    public HttpSource(Uri uri, HttpStorageOptions options)
    {
        _ownsClient = options.Client is null;
        _client = options.Client ?? MakeClient(options);
        StallTimeout = options.StallTimeout;
        if (uri.UserInfo.Length > 0)
            _authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(uri.UserInfo))));
        _uri = new UriBuilder(uri) { UserName = "", Password = "", Fragment = "" }.Uri;
        Name = _uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
    }

    /// <summary>The address for messages and logs: without user, password and query, for the query of a signed address is a credential.</summary>
    public string Name { get; }

    public TimeSpan StallTimeout { get; }

    public void Dispose()
    {
        if (_ownsClient)
            _client.Dispose();
    }

    /// <summary>Sends a request and returns when the headers are there. The answer must be disposed.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, (long From, long To)? range, HttpValidator? validator, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(method, _uri) { Version = _client.DefaultRequestVersion, VersionPolicy = _client.DefaultVersionPolicy };
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (_authorization is not null)
            request.Headers.Authorization = _authorization;
        if (range is (long from, long to))
            request.Headers.Range = new RangeHeaderValue(from, to);
        validator?.AddTo(request);
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Throws for an answer that carries no object: a transient one, or one for good.</summary>
    public void ThrowIfRefused(HttpResponseMessage response)
    {
        HttpStatusCode status = response.StatusCode;
        string answer = $"the server answered {(int)status} {response.ReasonPhrase}";
        string answered = $"{Name}: {answer}";
        if (status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500)
            throw new TransientHttpException(answer, RetryAfter(response.Headers.RetryAfter));
        if ((int)status is >= 300 and < 400)
            throw new StorageException($"{answered}, and that redirect is not followed; give the address it leads to.");
        if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            throw new StorageException($"{answered}; check the credentials.");
        if (status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
            throw new StorageException($"{answered}; check the address.");
        if ((int)status >= 400)
            throw new StorageException($"{answered}.");
    }

    /// <summary>Throws for a body that is not the object's own bytes.</summary>
    public void ThrowIfEncoded(HttpResponseMessage response)
    {
        foreach (string encoding in response.Content.Headers.ContentEncoding)
        {
            if (!encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
                throw new StorageException($"{Name}: the server sends it encoded as '{encoding}' though it was asked not to; turn that off for this object.");
        }
    }

    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? value)
        => value?.Delta ?? (value?.Date - DateTimeOffset.UtcNow);

    private static HttpClient MakeClient(HttpStorageOptions options)
    {
        SocketsHttpHandler handler = new()
        {
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.ConnectTimeout,
            MaxConnectionsPerServer = options.MaxParallelRequests,
            // So that a server that moves is found again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            UseCookies = false,
        };
        // A stall ends a request; a time limit for the whole of it would fail slow lines.
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
