using Microsoft.Extensions.Logging;

namespace Virtio.Storage;

/// <summary>How <see cref="FileStorage.Open"/> opens a file.</summary>
public sealed class FileStorageOptions
{
    /// <summary>
    /// Open for reading only. Others may then read the file too, but nobody who takes a lock may write it. When false (the
    /// default) the file is locked for this storage alone.
    /// </summary>
    public bool ReadOnly { get; init; }

    /// <summary>Where a failed flush is reported; null for nowhere.</summary>
    public ILogger? Logger { get; init; }
}
