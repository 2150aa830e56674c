using System.Net;

namespace Virtio.Storage;

/// <summary>
/// One object on one server: how it is asked for, and for how long an answer may stall. Redirects are followed once. Later
/// requests go to where they led, until that fails.
/// </summary>
internal sealed class HttpSource : IDisposable
{
    private readonly HttpClient _client;
    private readonly bool _ownsClient;
    private readonly HttpTarget _origin;
    private readonly TimeSpan _connectTimeout;

    // Where the redirects of the origin led; null until then, where there are none, and once it has failed. Any request sets it.
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

    public TimeSpan StallTimeout { get; }

    /// <summary>
    /// Whether a server has answered at all. Before that, a name that does not resolve and a connection that is refused are
    /// mistakes in the address; later they are passing faults.
    /// </summary>
    public bool IsReached { get; private set; }

    public void Dispose()
    {
        if (_ownsClient)
            _client.Dispose();
    }

    /// <summary>Sends a request and returns when the headers are there. The answer must be disposed.</summary>
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

    /// <summary>Makes the next request start from the address that a person gave, where redirects may lead somewhere else now.</summary>
    public void Forget(HttpTarget target) => Interlocked.CompareExchange(ref _kept, null, target);

    /// <summary>What a request that ran into a time limit is called.</summary>
    public TransientHttpException Stalled(OperationCanceledException cause) => new(
        cause.InnerException is TimeoutException && _ownsClient
            ? $"no connection within {_connectTimeout.TotalSeconds:0.###} s"
            : $"the server sent nothing for {StallTimeout.TotalSeconds:0.###} s",
        null,
        cause);

    // A signed address that is too old, a mirror that has dropped the object, or one that redirects in its turn: the origin knows
    // better.
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
            // So that a server that moves is found again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            UseCookies = false,
        };
        // A stall ends a request; a time limit for the whole of it would fail slow lines.
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
            // The handler of a caller's client drops the credentials when it follows a redirect, also within the origin.
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

    // A caller's client adds its own credentials to every request, wherever that goes.
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
