using Microsoft.Extensions.Logging;

namespace Virtio.Storage;

/// <summary>How <see cref="HttpStorage.OpenAsync"/> talks to the server. The defaults suit a server on the internet.</summary>
/// <remarks>Each time may be at most one day.</remarks>
public sealed class HttpStorageOptions
{
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(1);

    /// <summary>
    /// The client to use, for custom credentials, a proxy or a custom handler. It is not disposed, and must not decompress answers. Its
    /// default headers are sent with every request, also after redirects. Null: the storage creates a client and disposes it.
    /// </summary>
    public HttpClient? Client { get; init; }

    /// <summary>The most requests in flight, 1 or more; further ones wait. 8 by default.</summary>
    public int MaxParallelRequests { get; init; } = 8;

    /// <summary>
    /// The most bytes to request at a time, 512 or more. A longer read is split, and its parts run in parallel. 1 MiB by default.
    /// </summary>
    public int MaxRequestBytes { get; init; } = 1 << 20;

    /// <summary>
    /// How often a request is retried after a lost connection, a truncated or stalled answer, or a transient status (408, 421, 425, 429,
    /// most of 5xx); 0 or more. 6 by default: with the default delays this bridges a server's restart of about 10 seconds.
    /// </summary>
    public int MaxRetries { get; init; } = 6;

    /// <summary>The delay before the first retry. It doubles, with jitter, from one retry to the next. 200 ms by default.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The longest delay before a retry, even if the server asks for a longer one (<c>Retry-After</c>). 10 seconds by default.
    /// </summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The limit for connecting, with the client that the storage creates. 10 seconds by default.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the server may send nothing before the request is given up and retried. 30 seconds by default.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Also opens an object for which the server names neither a strong <c>ETag</c> nor a <c>Last-Modified</c>. If such an object is
    /// replaced by one of the same length, the change is not detected.
    /// </summary>
    public bool AllowUnvalidated { get; init; }

    /// <summary>
    /// The advice, in the message that refuses such an object, on how to allow it. A program with its own name for the option, for example
    /// on its command line, sets that name here.
    /// </summary>
    public string AllowUnvalidatedHint { get; init; } = $"allow that with {nameof(HttpStorageOptions)}.{nameof(AllowUnvalidated)}";

    /// <summary>The logger for retries and for a changed object; null for none.</summary>
    public ILogger? Logger { get; init; }

    /// <summary>Checks the caller's address and options.</summary>
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
