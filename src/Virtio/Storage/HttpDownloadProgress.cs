namespace Virtio.Storage;

/// <summary>The progress of a download.</summary>
/// <param name="Received">The bytes received so far. Fewer than before when the download had to start again.</param>
/// <param name="Total">The object's length in bytes; null where the server does not say.</param>
public readonly record struct HttpDownloadProgress(long Received, long? Total);
