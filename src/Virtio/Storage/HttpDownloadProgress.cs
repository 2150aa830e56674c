namespace Virtio.Storage;

/// <summary>How far a download is.</summary>
/// <param name="Received">The bytes that are there. Fewer than before where it had to start again.</param>
/// <param name="Total">The bytes that there will be; null where the server does not say.</param>
public readonly record struct HttpDownloadProgress(long Received, long? Total);
