using Microsoft.Extensions.Logging;

namespace Virtio.Storage;

internal static partial class HttpStorageLog
{
    [LoggerMessage(1101, LogLevel.Debug, "{Name}: opened, {Length} bytes, tied to {Validator}")]
    public static partial void Opened(ILogger logger, string name, long length, HttpValidator validator);

    [LoggerMessage(1102, LogLevel.Debug, "{Name}: retry {Retry} in {Delay} ms: {Reason}")]
    public static partial void Retry(ILogger logger, string name, int retry, double delay, string reason);

    [LoggerMessage(1103, LogLevel.Warning, "{Name}: {Count} requests were repeated since the last report; the latest reason: {Reason}")]
    public static partial void Retries(ILogger logger, string name, int count, string reason);

    [LoggerMessage(1104, LogLevel.Error, "{Name} has changed since it was opened, so every read fails from now on: {Difference}")]
    public static partial void Changed(ILogger logger, string name, string difference);

    [LoggerMessage(1105, LogLevel.Debug, "{Name}: no conditional requests: the server answered {Status} to one for the current version")]
    public static partial void Unconditional(ILogger logger, string name, string status);
}
