using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace Virtio.Storage;

/// <summary>Retries requests after transient failures, with exponential delays and jitter. Logs the retries at a bounded rate.</summary>
internal sealed class HttpRetries
{
    private static readonly TimeSpan WarningInterval = TimeSpan.FromSeconds(10);

    private readonly ResiliencePipeline _pipeline = ResiliencePipeline.Empty;
    private readonly HttpSource _source;
    private readonly TimeSpan _maxDelay;

    // When the last warning was logged, in milliseconds of Environment.TickCount64 plus 1; 0 before the first. Exchanged atomically.
    private long _lastWarning;

    // Retries since the last warning. Changed atomically.
    private int _unreported;

    /// <param name="source">The object that the requests are for.</param>
    /// <param name="options">The number of retries and their delays.</param>
    /// <param name="logger">The logger.</param>
    public HttpRetries(HttpSource source, HttpStorageOptions options, ILogger logger)
    {
        _source = source;
        _maxDelay = options.MaxRetryDelay;
        Logger = logger;
        // Polly does not accept a retry strategy with zero attempts.
        if (options.MaxRetries == 0)
            return;
        _pipeline = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = args => ValueTask.FromResult(IsTransient(args.Outcome.Exception, source.IsReached)),
            MaxRetryAttempts = options.MaxRetries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = options.RetryDelay,
            MaxDelay = options.MaxRetryDelay,
            DelayGenerator = args => ValueTask.FromResult(AskedDelay(args.Outcome.Exception)),
            OnRetry = Report,
        }).Build();
    }

    public ILogger Logger { get; }

    public ValueTask RunAsync<T>(Func<T, CancellationToken, ValueTask> attempt, T state, CancellationToken cancellationToken)
        => _pipeline.ExecuteAsync(attempt, state, cancellationToken);

    /// <summary>The innermost cause's message. The outer exceptions only say that a request failed.</summary>
    public static string Reason(Exception exception)
    {
        while (exception is HttpRequestException or HttpIOException && exception.InnerException is Exception inner)
            exception = inner;
        return exception.Message.TrimEnd('.');
    }

    private static bool IsTransient(Exception? exception, bool isReached) => exception switch
    {
        TransientHttpException => true,
        HttpRequestException { InnerException: AuthenticationException } => false,
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.UserAuthenticationError or HttpRequestError.ConfigurationLimitExceeded,
        } => false,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => isReached,
        HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => isReached,
        HttpRequestException => true,
        StorageException => false,
        IOException => true,
        _ => false,
    };

    private TimeSpan? AskedDelay(Exception? exception)
    {
        if ((exception as TransientHttpException)?.RetryAfter is not TimeSpan asked || asked <= TimeSpan.Zero)
            return null;
        return asked < _maxDelay ? asked : _maxDelay;
    }

    private ValueTask Report(OnRetryArguments<object> args)
    {
        string reason = Reason(args.Outcome.Exception!);
        HttpStorageLog.Retry(Logger, _source.Name, args.AttemptNumber + 1, args.RetryDelay.TotalMilliseconds, reason);

        // A warning per request and retry would fill the log when the server of a busy disk is away.
        int count = Interlocked.Increment(ref _unreported);
        long now = Environment.TickCount64 + 1;
        long last = Interlocked.Read(ref _lastWarning);
        bool isDue = last == 0 || now - last >= WarningInterval.TotalMilliseconds;
        if (isDue && Interlocked.CompareExchange(ref _lastWarning, now, last) == last)
        {
            Interlocked.Add(ref _unreported, -count);
            HttpStorageLog.Retries(Logger, _source.Name, count, reason);
        }

        return default;
    }
}
