using Virtio.Storage;

namespace Virtio.Tests.Storage;

internal static class HttpOptions
{
    /// <summary>Options whose retries take no time.</summary>
    public static HttpStorageOptions Fast(int retries) => new()
    {
        RetryDelay = TimeSpan.FromMilliseconds(1),
        MaxRetryDelay = TimeSpan.FromMilliseconds(5),
        MaxRetries = retries,
    };
}
