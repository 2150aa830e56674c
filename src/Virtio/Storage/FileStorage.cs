using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Storage;

/// <summary>A storage in a regular file, which stays sparse where it is, or on a block device.</summary>
/// <remarks>
/// <para>Thread-safe. Reads and writes go through the page cache and complete before they return; a flush runs on the thread pool.</para>
/// <para>
/// A writable storage holds an exclusive lock, a read-only one a shared lock. They keep out everybody who locks the file
/// too (on Linux: <c>flock</c>), not a program that does not ask. <see cref="FileStorageOptions.Shared"/> lets others in.
/// </para>
/// </remarks>
public sealed class FileStorage : IWritableBlockStorage
{
    // A guest may ask for gigabytes in one request, and a reset waits for its end: so often is looked whether to stop.
    private const int LongestTransfer = 1 << 20;

    private readonly SafeFileHandle _handle;
    private readonly FileFlusher _flusher;
    private long _length;

    internal FileStorage(string path, SafeFileHandle handle, long length, bool canWrite, ILogger? logger)
    {
        _handle = handle;
        Path = path;
        _length = length;
        CanWrite = canWrite;
        _flusher = new FileFlusher(path, handle, logger ?? NullLogger.Instance);
    }

    /// <summary>The path it was opened by.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    /// <remarks>Taken when the file is opened, and by <see cref="Remeasure"/>.</remarks>
    public long Length => Volatile.Read(ref _length);

    /// <inheritdoc/>
    public bool CanWrite { get; }

    /// <summary>Opens and locks a file that exists.</summary>
    /// <param name="path">A regular file or a block device, not empty.</param>
    /// <param name="options">How to open it; null for writing.</param>
    /// <returns>The storage. Disposing it closes the file and gives the lock back; it does not flush.</returns>
    /// <exception cref="StorageException">The file is missing, empty, busy, a directory, or not permitted; the message says which, and what to do.</exception>
    public static FileStorage Open(string path, FileStorageOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new FileStorageOptions();
        SafeFileHandle handle = FileOpening.Open(path, options);
        try
        {
            return new FileStorage(path, handle, FileOpening.MeasureLength(path, handle), !options.ReadOnly, options.Logger);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="StorageException">It cannot be told, or the file is empty now; the length stays as it was.</exception>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public long Remeasure()
    {
        long length = FileOpening.MeasureLength(Path, _handle);
        Volatile.Write(ref _length, length);
        return length;
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        BlockRange.Check(Length, offset, buffers);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);

        try
        {
            // One call per buffer: the vectored overload allocates an array of pins in each call.
            for (int i = 0; i < buffers.Count; i++)
            {
                Span<byte> buffer = buffers[i].Span;
                ReadWhole(offset, buffer, cancellationToken);
                offset += buffer.Length;
            }

            return ValueTask.CompletedTask;
        }
        catch (Exception e) when (e is IOException and not StorageException or UnauthorizedAccessException)
        {
            return ValueTask.FromException(new StorageException($"cannot read '{Path}' at {offset}: {FileOpening.Reason(e)}", e));
        }
        catch (StorageException e)
        {
            return ValueTask.FromException(e);
        }
        catch (OperationCanceledException)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public ValueTask WriteAsync(long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (!CanWrite)
            throw new NotSupportedException($"'{Path}' was opened read-only.");
        BlockRange.Check(Length, offset, buffers);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);

        try
        {
            for (int i = 0; i < buffers.Count; i++)
            {
                ReadOnlySpan<byte> buffer = buffers[i].Span;
                WriteWhole(offset, buffer, cancellationToken);
                offset += buffer.Length;
            }

            return ValueTask.CompletedTask;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ValueTask.FromException(new StorageException($"cannot write '{Path}' at {offset}: {FileOpening.Reason(e)}", e));
        }
        catch (OperationCanceledException)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        // Nothing was written through a read-only handle.
        if (!CanWrite)
            return ValueTask.CompletedTask;

        return _flusher.FlushAsync(cancellationToken);
    }

    /// <summary>Closes the file and gives the lock back, once the calls still running on other threads have ended. Does not flush.</summary>
    /// <returns>A completed task.</returns>
    public ValueTask DisposeAsync()
    {
        _handle.Dispose();
        return ValueTask.CompletedTask;
    }

    private void ReadWhole(long offset, Span<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = RandomAccess.Read(_handle, buffer[..Math.Min(buffer.Length, LongestTransfer)], offset);
            // Zeros here would be made-up data, and a further try would never end.
            if (read == 0)
                throw new StorageException($"'{Path}' ends at or before byte {offset}, but had {Length} bytes when it was measured: something made it shorter; restore it and open it again");
            buffer = buffer[read..];
            offset += read;
        }
    }

    private void WriteWhole(long offset, ReadOnlySpan<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> part = buffer[..Math.Min(buffer.Length, LongestTransfer)];
            RandomAccess.Write(_handle, part, offset);
            buffer = buffer[part.Length..];
            offset += part.Length;
        }
    }
}
