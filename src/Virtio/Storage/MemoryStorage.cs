using System.Collections.Concurrent;

namespace Virtio.Storage;

/// <summary>
/// A storage in memory. It is either sparse, where ranges that were never written take up no memory and read as zeros, or it uses memory of
/// the caller. The contents of a sparse storage are lost when it is disposed.
/// </summary>
/// <remarks>Thread-safe. Every call completes before it returns.</remarks>
public sealed class MemoryStorage : IWritableBlockStorage
{
    /// <summary>
    /// Memory is allocated in chunks of this size, in bytes. It is small, because file systems scatter blocks of metadata over the whole
    /// disk: on a disk of terabytes, large chunks would turn megabytes of metadata into gigabytes.
    /// </summary>
    internal const int ChunkSize = 64 * 1024;

    private readonly ConcurrentDictionary<long, byte[]>? _chunks;
    private readonly Memory<byte> _whole;
    private volatile bool _disposed;

    /// <summary>Creates a sparse storage that reads as zeros.</summary>
    /// <param name="length">
    /// Its length in bytes, 0 or more. It may be far more than the machine's memory, because only ranges that are written take up memory.
    /// </param>
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

    /// <summary>Creates a storage on memory of the caller, which sees every write at once and keeps the memory after disposal.</summary>
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

    /// <summary>The bytes of memory that were allocated so far; 0 on memory of the caller.</summary>
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
            throw new NotSupportedException("this memory storage is read-only");
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
            return ValueTask.FromException(new StorageException(
                $"there is no memory left for a memory storage that holds {AllocatedBytes} bytes; make it smaller, or use a file", e));
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

    /// <summary>Frees the memory. A call that still runs on another thread ends normally.</summary>
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

    /// <summary>Finds or allocates the chunk for a write. A disk stays sparse when mkfs or dd writes zeros to it.</summary>
    /// <returns>False when nothing needs to be stored, because the content is zeros and there is no chunk, which reads as zeros.</returns>
    private bool TryAddChunk(long index, ReadOnlySpan<byte> content, out byte[]? chunk)
    {
        if (!content.ContainsAnyExcept((byte)0))
            return _chunks!.TryGetValue(index, out chunk);

        // On the pinned heap, so that the garbage collector never copies a disk between generations.
        chunk = _chunks!.GetOrAdd(index, static _ => GC.AllocateArray<byte>(ChunkSize, pinned: true));
        return true;
    }
}
