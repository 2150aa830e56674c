using Microsoft.Extensions.Logging;

namespace Virtio.Storage;

/// <summary>How <see cref="FileStorage.Open"/> opens a file.</summary>
public sealed class FileStorageOptions
{
    /// <summary>
    /// Opens the file for reading only, with a shared lock: other programs that lock the file may read it, but not write it. When false
    /// (the default) the lock is exclusive.
    /// </summary>
    public bool ReadOnly { get; init; }

    /// <summary>
    /// Allows other programs that open the file with this option to write it too. For a disk that one server hands over to the next, as
    /// when a guest migrates. Nothing prevents two servers from writing at the same time, which would destroy the contents.
    /// </summary>
    public bool Shared { get; init; }

    /// <summary>The logger for a failed flush; null for none.</summary>
    public ILogger? Logger { get; init; }
}
