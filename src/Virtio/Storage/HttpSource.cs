using System.Net;

namespace Virtio.Storage;

/// <summary>
/// One object on one server: sends requests for it and follows redirects. Later requests go directly to the address that the redirects led
/// to, until a request there fails.
/// </summary>
internal sealed class HttpSource : IDisposable
{
    private readonly HttpClient _client;
    private readonly bool _ownsClient;
    private readonly HttpTarget _origin;
    private readonly TimeSpan _connectTimeout;

    // The address that the origin's redirects led to. Null before the first redirect, and after a request there has failed. Any thread sets
    // it.
    private HttpTarget? _kept;

    public HttpSource(Uri uri, HttpStorageOptions options)
    {
        _origin = HttpTarget.Of(uri);
        _ownsClient = options.Client is null;
        _client = options.Client ?? MakeClient(options);
        _connectTimeout = options.ConnectTimeout;
        StallTimeout = options.StallTimeout;
    }

    /// <summary>The address for messages and logs.</summary>
    public string Name => _origin.Name;

    /// <summary>How long the server may send nothing before a request is given up.</summary>
    public TimeSpan StallTimeout { get; }

    /// <summary>
    /// Whether a server has ever answered. Before that, a name that does not resolve or a refused connection means a mistake in the
    /// address; afterwards it is a transient failure. Set by any thread, never cleared.
    /// </summary>
    public bool IsReached { get; private set; }

    public void Dispose()
    {
        if (_ownsClient)
            _client.Dispose();
    }

    /// <summary>Sends a request and returns when the headers of the answer have arrived. The caller must dispose the answer.</summary>
    /// <exception cref="StorageException">A redirect is not followed.</exception>
    public async Task<HttpAnswer> SendAsync(HttpQuery query, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _kept) is HttpTarget kept)
        {
            HttpAnswer answer = await SendToAsync(kept, query, cancellationToken).ConfigureAwait(false);
            if (!HasExpired(answer.Response.StatusCode))
                return answer;
            answer.Dispose();
            Forget(kept);
        }

        return await ResolveAsync(query, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the next request start from the configured address, because its redirects may lead elsewhere now.</summary>
    public void Forget(HttpTarget target) => Interlocked.CompareExchange(ref _kept, null, target);

    /// <summary>The exception for a request that ran into a time limit.</summary>
    public TransientHttpException Stalled(OperationCanceledException cause) => new(
        cause.InnerException is TimeoutException && _ownsClient
            ? $"no connection within {_connectTimeout.TotalSeconds:0.###} s"
            : $"the server sent nothing for {StallTimeout.TotalSeconds:0.###} s",
        null,
        cause);

    // The kept address no longer serves the object: a signed address has expired, a mirror has removed the object, or it redirects itself.
    // The next request asks the origin again.
    private static bool HasExpired(HttpStatusCode status)
        => HttpRedirect.IsRedirect(status) || ((int)status is >= 400 and < 500 and not (412 or 416) && !HttpRefusal.IsTransient(status));

    private static HttpClient MakeClient(HttpStorageOptions options)
    {
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.ConnectTimeout,
            MaxConnectionsPerServer = options.MaxParallelRequests,
            // Limited, so that a server that moves to another IP address is found again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            UseCookies = false,
        };
        // The stall timeout ends a request. A time limit for the whole request would fail on slow lines.
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private async Task<HttpAnswer> ResolveAsync(HttpQuery query, CancellationToken cancellationToken)
    {
        HttpTarget target = _origin;
        HashSet<Uri> asked = [target.Uri];
        while (true)
        {
            HttpAnswer answer = await SendToAsync(target, query, cancellationToken).ConfigureAwait(false);
            HttpStatusCode status = answer.Response.StatusCode;
            // The handler of a caller's client drops the credentials when it follows a redirect, even within the same origin.
            bool wasMoved = answer.Target != target && answer.Target.Authorization is not null;
            bool lacksCredentials = wasMoved && status is HttpStatusCode.Unauthorized;
            if (!HttpRedirect.IsRedirect(status) && !lacksCredentials)
            {
                if (answer.Target.IsRedirected && MayKeep(answer))
                    Volatile.Write(ref _kept, answer.Target);
                return answer;
            }

            using (answer)
            {
                target = lacksCredentials
                    ? answer.Target
                    : answer.Target.MovedTo(HttpRedirect.LocationOf(Name, answer.Target, answer.Response));
            }

            if (!asked.Add(target.Uri) && !lacksCredentials)
                throw new StorageException($"{Name}: its redirects lead in a circle; give the address of the object itself");
            if (asked.Count > HttpRedirect.Most)
                throw new StorageException($"{Name}: it redirects more than {HttpRedirect.Most} times; give the object's own address");
            ThrowIfLeaking(target);
        }
    }

    private bool MayKeep(HttpAnswer answer)
        => (int)answer.Response.StatusCode is < 300 or 412 or 416 && !Leaks(answer.Target);

    // A caller's client adds its own Authorization header to every request, to any server.
    private bool Leaks(HttpTarget target) => _client.DefaultRequestHeaders.Authorization is not null && !_origin.HasOriginOf(target.Uri);

    private void ThrowIfLeaking(HttpTarget target)
    {
        if (Leaks(target))
            throw new StorageException($"{Name}: it redirects to {target.Name}, "
                + "and the client's own Authorization header would go there with the request; "
                + "let the client follow redirects itself, or give the address of the object itself");
    }

    private async Task<HttpAnswer> SendToAsync(HttpTarget target, HttpQuery query, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = query.For(target, _client);
        try
        {
            const HttpCompletionOption HeadersAlone = HttpCompletionOption.ResponseHeadersRead;
            HttpResponseMessage response = await _client.SendAsync(request, HeadersAlone, cancellationToken).ConfigureAwait(false);
            IsReached = true;
            // A caller's client may have followed a redirect itself.
            Uri reached = response.RequestMessage?.RequestUri ?? target.Uri;
            return new HttpAnswer(response, reached == target.Uri ? target : target.MovedTo(reached));
        }
        catch
        {
            Forget(target);
            throw;
        }
    }
}
