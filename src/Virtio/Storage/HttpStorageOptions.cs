using Microsoft.Extensions.Logging;

namespace Virtio.Storage;

/// <summary>How <see cref="HttpStorage.OpenAsync"/> talks to the server. The defaults suit a server on the internet.</summary>
/// <remarks>A time may be a day at the most.</remarks>
public sealed class HttpStorageOptions
{
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(1);

    /// <summary>
    /// The client to use, for credentials, a proxy or a handler of one's own; it is not disposed, and must not decompress
    /// answers. Its default headers go wherever its requests go. Null: the storage makes its own and disposes it.
    /// </summary>
    public HttpClient? Client { get; init; }

    /// <summary>The most requests under way at once, 1 or more; further ones wait. 8 unless set.</summary>
    public int MaxParallelRequests { get; init; } = 8;

    /// <summary>
    /// The most bytes asked for in one request, 512 or more; a longer read is split, and its parts run in parallel. 1 MiB unless
    /// set.
    /// </summary>
    public int MaxRequestBytes { get; init; } = 1 << 20;

    /// <summary>
    /// How often a request is repeated after a lost connection, a truncated or stalled answer, or a status that
    /// may pass (408, 421, 425, 429, most of 5xx); 0 or more. 6 unless set, which with the default delays bridges a server's
    /// restart of about 10 seconds.
    /// </summary>
    public int MaxRetries { get; init; } = 6;

    /// <summary>The delay before the first retry; it doubles, with jitter, from one to the next. 200 ms unless set.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The longest delay before a retry, also where the server asks for a longer one (<c>Retry-After</c>). 10 seconds unless set.
    /// </summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long connecting may take with a client that the storage makes. 10 seconds unless set.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the server may send nothing at all before the request is given up and repeated. 30 seconds unless set.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Open an object for which the server names neither a strong <c>ETag</c> nor a <c>Last-Modified</c> too. Nothing then
    /// tells old bytes from new ones when it is replaced by one of the same length.
    /// </summary>
    public bool AllowUnvalidated { get; init; }

    /// <summary>
    /// How the message that refuses such an object says to allow it. A program that gives the option another name, as on its
    /// command line, puts that here.
    /// </summary>
    public string AllowUnvalidatedHint { get; init; } = $"allow that with {nameof(HttpStorageOptions)}.{nameof(AllowUnvalidated)}";

    /// <summary>Where retries and a changed object are reported; null for nowhere.</summary>
    public ILogger? Logger { get; init; }

    /// <summary>Checks what a caller gave.</summary>
    internal static HttpStorageOptions Checked(Uri uri, HttpStorageOptions? options)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (!uri.IsAbsoluteUri || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException("not an absolute http:// or https:// address", nameof(uri));
        options ??= new HttpStorageOptions();
        options.Validate();
        return options;
    }

    private void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxParallelRequests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRequestBytes, 512);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxRetries);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRetryDelay, RetryDelay);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConnectTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(StallTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxRetryDelay, LongestTime);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ConnectTimeout, LongestTime);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(StallTimeout, LongestTime);
    }
}
