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

    /// <summary>
    /// Others who open the file in this way may write it too: for a disk that one server hands over to the next, as when a guest migrates. Nothing keeps two of them
    /// from writing at once, which would destroy what is on it.
    /// </summary>
    public bool Shared { get; init; }

    /// <summary>Where a failed flush is reported; null for nowhere.</summary>
    public ILogger? Logger { get; init; }
}
