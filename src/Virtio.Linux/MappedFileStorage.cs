using System.ComponentModel;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Linux.Interop;
using Virtio.Storage;

namespace Virtio.Linux;

/// <summary>
/// A storage in a regular file that is mapped into this process. A read or a write is a copy without a system call, which is the fastest
/// way for a file in memory or in the page cache. But an access that fails cannot return an error: it ends the process with SIGBUS.
/// </summary>
/// <remarks>
/// <para>
/// An access fails when another process shortens the file, when the device below the file fails, and when a hole is written and there is no
/// room left. The lock of <see cref="FileStorage"/>, which this class takes too, keeps out processes that ask for a lock. Use this class
/// for whole files on trusted devices, and <see cref="FileStorage"/> elsewhere.
/// </para>
/// <para>
/// In a file system in memory, a read of a hole allocates memory for it. Thread-safe. Every call but a flush completes before it returns.
/// </para>
/// </remarks>
[SupportedOSPlatform("linux")]
public sealed class MappedFileStorage : IWritableBlockStorage
{
    // Cancellation is checked after each copy of this many bytes: a guest may ask for gigabytes in one request, and a reset waits for its
    // end.
    private const int LongestTransfer = 1 << 20;

    private readonly FileStorage _file;
    private readonly FileMapping _mapping;

    private MappedFileStorage(FileStorage file, FileMapping mapping)
    {
        _file = file;
        _mapping = mapping;
    }

    /// <inheritdoc/>
    public long Length => _file.Length;

    /// <inheritdoc/>
    public bool CanWrite => _file.CanWrite;

    /// <summary>Opens, locks and maps a file that exists.</summary>
    /// <param name="path">A regular file, not empty.</param>
    /// <param name="options">How to open it; null for writing.</param>
    /// <exception cref="StorageException">
    /// The file is missing, empty, busy, not a regular one, or not permitted; the message says which, and what to do.
    /// </exception>
    public static MappedFileStorage Open(string path, FileStorageOptions? options = null)
    {
        FileStorage file = FileStorage.Open(path, options);
        try
        {
            // FileStorage holds the lock, which a second open through the runtime would conflict with. The descriptor is not needed after
            // the mapping.
            using SafeFileHandle handle = MappingCalls.Open(path, file.CanWrite ? MappingCalls.ForWriting : MappingCalls.ForReading);
            if (handle.IsInvalid)
                throw new IOException(new Win32Exception().Message);
            if (RandomAccess.GetLength(handle) != file.Length)
                throw new StorageException($"'{path}' cannot be mapped: it is not a regular file; open it without mapping");
            return new MappedFileStorage(file, FileMapping.Create(handle, file.Length, file.CanWrite));
        }
        catch (Exception e)
        {
            file.DisposeAsync().AsTask().GetAwaiter().GetResult();
            if (e is IOException and not StorageException or UnauthorizedAccessException or NotSupportedException)
                throw new StorageException($"'{path}' cannot be mapped: {e.Message}; open it without mapping", e);
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        long total = 0;
        for (int i = 0; i < buffers.Count; i++)
            total += buffers[i].Length;
        CheckRange(offset, total);
        bool held = false;
        try
        {
            _mapping.DangerousAddRef(ref held);
            for (int i = 0; i < buffers.Count; i++)
            {
                for (Span<byte> left = buffers[i].Span; left.Length > 0;)
                {
                    if (cancellationToken.IsCancellationRequested)
                        return ValueTask.FromCanceled(cancellationToken);
                    Span<byte> part = left[..Math.Min(left.Length, LongestTransfer)];
                    _mapping.Bytes(offset, part.Length).CopyTo(part);
                    left = left[part.Length..];
                    offset += part.Length;
                }
            }

            return ValueTask.CompletedTask;
        }
        finally
        {
            if (held)
                _mapping.DangerousRelease();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public ValueTask WriteAsync(long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        if (!CanWrite)
            throw new NotSupportedException($"'{_file.Path}' was opened read-only.");
        long total = 0;
        for (int i = 0; i < buffers.Count; i++)
            total += buffers[i].Length;
        CheckRange(offset, total);
        bool held = false;
        try
        {
            _mapping.DangerousAddRef(ref held);
            for (int i = 0; i < buffers.Count; i++)
            {
                for (ReadOnlySpan<byte> left = buffers[i].Span; left.Length > 0;)
                {
                    if (cancellationToken.IsCancellationRequested)
                        return ValueTask.FromCanceled(cancellationToken);
                    ReadOnlySpan<byte> part = left[..Math.Min(left.Length, LongestTransfer)];
                    part.CopyTo(_mapping.Bytes(offset, part.Length));
                    left = left[part.Length..];
                    offset += part.Length;
                }
            }

            return ValueTask.CompletedTask;
        }
        finally
        {
            if (held)
                _mapping.DangerousRelease();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    /// <remarks>On Linux a flush of a file includes what was written through a mapping.</remarks>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => _file.FlushAsync(cancellationToken);

    /// <summary>Closes the file and releases the lock, after the calls still running on other threads have ended. Does not flush.</summary>
    /// <returns>A completed task.</returns>
    public ValueTask DisposeAsync()
    {
        _mapping.Dispose();
        return _file.DisposeAsync();
    }

    private void CheckRange(long offset, long total)
    {
        // Compared with the length by subtraction: an offset near 2^63 plus the total would overflow.
        if (offset < 0 || total > Length || offset > Length - total)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, $"{total} bytes from {offset} on lie outside a storage of {Length} bytes.");
        }
    }
}
