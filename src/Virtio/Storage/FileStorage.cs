using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Storage;

/// <summary>A storage in a regular file, which stays sparse, or on a block device.</summary>
/// <remarks>
/// <para>Thread-safe. Reads and writes go through the page cache and complete before they return; a flush runs on the thread pool.</para>
/// <para>
/// A writable storage holds an exclusive lock on the file, a read-only storage a shared lock. The locks are advisory (on Linux:
/// <c>flock</c>): they exclude only programs that lock the file too. <see cref="FileStorageOptions.Shared"/> allows several writers.
/// </para>
/// </remarks>
public sealed class FileStorage : IWritableBlockStorage
{
    // Bytes between two checks for cancellation. A guest may ask for gigabytes in one request, and a reset waits for the request's end.
    private const int LongestTransfer = 1 << 20;

    private readonly SafeFileHandle _handle;
    private readonly FileFlusher _flusher;

    // In bytes. Written by Remeasure, read by any thread.
    private long _length;

    internal FileStorage(string path, SafeFileHandle handle, long length, bool canWrite, ILogger? logger)
    {
        _handle = handle;
        Path = path;
        _length = length;
        CanWrite = canWrite;
        _flusher = new FileFlusher(path, handle, logger ?? NullLogger.Instance);
    }

    /// <summary>The path that the storage was opened with.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    /// <remarks>Measured when the file is opened, and by <see cref="Remeasure"/>.</remarks>
    public long Length => Volatile.Read(ref _length);

    /// <inheritdoc/>
    public bool CanWrite { get; }

    /// <summary>Opens and locks an existing file.</summary>
    /// <param name="path">A regular file or a block device, not empty.</param>
    /// <param name="options">How to open it; null for the defaults, which allow writing.</param>
    /// <returns>The storage. Disposing it closes the file and releases the lock; it does not flush.</returns>
    /// <exception cref="StorageException">
    /// The file is missing, empty, busy, a directory, or not permitted; the message says which, and what to do.
    /// </exception>
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
    /// <exception cref="StorageException">The length cannot be measured, or the file is empty now; the length stays as it was.</exception>
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
            // One call per buffer, because each call of the vectored overload allocates an array of pins.
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
            throw new NotSupportedException($"'{Path}' was opened read-only");
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
        // A read-only handle has written nothing.
        if (!CanWrite)
            return ValueTask.CompletedTask;

        return _flusher.FlushAsync(cancellationToken);
    }

    /// <summary>Closes the file and releases the lock, once the calls that still run on other threads have ended. Does not flush.</summary>
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
            // The file has become shorter. Zeros would be made-up data, and a retry would never end.
            if (read == 0)
                throw new StorageException($"'{Path}' ends at or before byte {offset}, but had {Length} bytes when it was measured: "
                    + "something made it shorter; restore it and open it again");
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
