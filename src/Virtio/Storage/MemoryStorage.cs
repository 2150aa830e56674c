using System.Collections.Concurrent;

namespace Virtio.Storage;

/// <summary>
/// A storage in memory: either sparse (what was never written takes no memory and reads as zeros), or laid over memory of
/// the caller. What it holds is lost when it is disposed.
/// </summary>
/// <remarks>Thread-safe. Every call completes before it returns.</remarks>
public sealed class MemoryStorage : IWritableBlockStorage
{
    /// <summary>
    /// Memory is taken in pieces of this size. Small, because file systems scatter a few blocks of metadata over the whole
    /// disk: on a disk of terabytes, large pieces would turn megabytes of metadata into gigabytes.
    /// </summary>
    internal const int ChunkSize = 64 * 1024;

    private readonly ConcurrentDictionary<long, byte[]>? _chunks;
    private readonly Memory<byte> _whole;
    private volatile bool _disposed;

    /// <summary>Makes a sparse storage that reads as zeros.</summary>
    /// <param name="length">Its length in bytes, 0 or more. It may be far more than the machine's memory: only what is written takes some.</param>
    /// <param name="readOnly">Refuse writes.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative.</exception>
    public MemoryStorage(long length, bool readOnly = false)
    {
        if (length < 0)
            throw new ArgumentOutOfRangeException(nameof(length), length, "a storage has 0 bytes or more");
        _chunks = new ConcurrentDictionary<long, byte[]>();
        Length = length;
        CanWrite = !readOnly;
    }

    /// <summary>Lays a storage over memory of the caller, which sees every write at once and keeps the memory after disposal.</summary>
    /// <param name="memory">The bytes; an array converts to this.</param>
    /// <param name="readOnly">Refuse writes.</param>
    public MemoryStorage(Memory<byte> memory, bool readOnly = false)
    {
        _whole = memory;
        Length = memory.Length;
        CanWrite = !readOnly;
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public bool CanWrite { get; }

    /// <summary>The bytes of memory taken so far by what was written; 0 over memory of the caller.</summary>
    internal long AllocatedBytes => (_chunks?.Count ?? 0) * (long)ChunkSize;

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        BlockRange.Check(Length, offset, buffers);
        for (int i = 0; i < buffers.Count; i++)
        {
            if (cancellationToken.IsCancellationRequested)
                return ValueTask.FromCanceled(cancellationToken);
            Span<byte> buffer = buffers[i].Span;
            Read(offset, buffer);
            offset += buffer.Length;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public ValueTask WriteAsync(long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!CanWrite)
            throw new NotSupportedException("This memory storage is read-only.");
        BlockRange.Check(Length, offset, buffers);
        try
        {
            for (int i = 0; i < buffers.Count; i++)
            {
                if (cancellationToken.IsCancellationRequested)
                    return ValueTask.FromCanceled(cancellationToken);
                ReadOnlySpan<byte> buffer = buffers[i].Span;
                Write(offset, buffer);
                offset += buffer.Length;
            }
        }
        catch (OutOfMemoryException e)
        {
            return ValueTask.FromException(new StorageException($"There is no memory left for a memory storage that holds {AllocatedBytes} bytes; make it smaller, or use a file.", e));
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Completes at once: memory has nothing more durable below it.</summary>
    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>Gives the memory back. A call still running on another thread ends normally.</summary>
    /// <returns>A completed task.</returns>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        _chunks?.Clear();
        return ValueTask.CompletedTask;
    }

    private void Read(long offset, Span<byte> buffer)
    {
        if (_chunks is null)
        {
            _whole.Span.Slice((int)offset, buffer.Length).CopyTo(buffer);
            return;
        }

        while (!buffer.IsEmpty)
        {
            (long index, int start, int count) = Locate(offset, buffer.Length);
            Span<byte> part = buffer[..count];
            if (_chunks.TryGetValue(index, out byte[]? chunk))
                chunk.AsSpan(start, count).CopyTo(part);
            else
                part.Clear();
            buffer = buffer[count..];
            offset += count;
        }
    }

    private void Write(long offset, ReadOnlySpan<byte> buffer)
    {
        if (_chunks is null)
        {
            buffer.CopyTo(_whole.Span.Slice((int)offset, buffer.Length));
            return;
        }

        while (!buffer.IsEmpty)
        {
            (long index, int start, int count) = Locate(offset, buffer.Length);
            ReadOnlySpan<byte> part = buffer[..count];
            if (_chunks.TryGetValue(index, out byte[]? chunk) || TryAddChunk(index, part, out chunk))
                part.CopyTo(chunk.AsSpan(start, count));
            buffer = buffer[count..];
            offset += count;
        }
    }

    private static (long Index, int Start, int Count) Locate(long offset, int remaining)
    {
        (long index, long start) = Math.DivRem(offset, ChunkSize);
        return (index, (int)start, (int)Math.Min(remaining, ChunkSize - start));
    }

    /// <returns>False when nothing needs to be stored, because zeros go where zeros already are: that is how mkfs and dd leave a disk sparse.</returns>
    private bool TryAddChunk(long index, ReadOnlySpan<byte> content, out byte[]? chunk)
    {
        if (!content.ContainsAnyExcept((byte)0))
            return _chunks!.TryGetValue(index, out chunk);

        // On the pinned heap, so that the collector never copies a disk from generation to generation.
        chunk = _chunks!.GetOrAdd(index, static _ => GC.AllocateArray<byte>(ChunkSize, pinned: true));
        return true;
    }
}
