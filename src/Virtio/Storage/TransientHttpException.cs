namespace Virtio.Storage;

/// <summary>An answer that a repeated request may do better than: too many requests, a server's fault, a body cut short, no byte for too long.</summary>
internal sealed class TransientHttpException(string message, TimeSpan? retryAfter = null, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The delay that the server asked for.</summary>
    public TimeSpan? RetryAfter => retryAfter;
}
