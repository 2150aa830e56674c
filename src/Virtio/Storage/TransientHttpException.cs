namespace Virtio.Storage;

/// <summary>
/// A failure that a retry may overcome: too many requests, a server error, a truncated body, or no data for too long.
/// </summary>
internal sealed class TransientHttpException(string message, TimeSpan? retryAfter = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The delay that the server asked for.</summary>
    public TimeSpan? RetryAfter => retryAfter;
}
