using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Virtio.Storage;

/// <summary>A read-only storage on a web server or in an object store. It requests ranges of bytes when they are needed.</summary>
/// <remarks>
/// <para>Thread-safe; reads run in parallel.</para>
/// <para>
/// It is tied to the version of the object that it found when it was opened, by its strong <c>ETag</c> or else its <c>Last-Modified</c>.
/// When the server answers with another version, that read and every later read fail: bytes of two versions are never mixed. (HTTP cannot
/// show that a file is overwritten in place while the server reads it. Publish a new version by renaming a complete file into place.)
/// </para>
/// </remarks>
public sealed class HttpStorage : IBlockStorage
{
    private readonly HttpSource _source;
    private readonly HttpRangeReader _reader;
    private readonly HttpStorageOptions _options;
    private readonly SemaphoreSlim _slots;
    private readonly CancellationTokenSource _disposal = new();

    // 1 once disposal has begun. Exchanged atomically.
    private int _disposed;

    private HttpStorage(HttpSource source, HttpStorageOptions options, long length, HttpRangeReader reader)
    {
        _source = source;
        _options = options;
        _reader = reader;
        _slots = new SemaphoreSlim(options.MaxParallelRequests);
        Length = length;
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <summary>
    /// Reads the object's first and last byte. This tells its length and version, and checks that the server serves ranges in the same way
    /// as later reads request them.
    /// </summary>
    /// <param name="uri">
    /// An http or https address. A user and password in it are sent as basic authentication, only to the origin of this address. Messages
    /// and logs contain neither them nor the query.
    /// </param>
    /// <param name="options">How to talk to the server; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the opening early.</param>
    /// <returns>The storage.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="uri"/> is not an absolute http or https address, or an option is out of its range.
    /// </exception>
    /// <exception cref="StorageException">
    /// The server cannot be reached, refuses, serves no ranges, or names no version; the message says which, and what to do.
    /// </exception>
    public static async Task<HttpStorage> OpenAsync(
        Uri uri, HttpStorageOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = HttpStorageOptions.Checked(uri, options);
        ILogger logger = options.Logger ?? NullLogger.Instance;
        HttpSource source = new(uri, options);
        try
        {
            HttpOpening opening = new(source, options);
            HttpRetries retries = new(source, options, logger);
            await retries.RunAsync(static (opening, token) => opening.TryAsync(token), opening, cancellationToken).ConfigureAwait(false);
            HttpRangeReader reader = new(source, opening, retries);
            await reader.ProveAsync(cancellationToken).ConfigureAwait(false);
            HttpStorageLog.Opened(logger, source.Name, opening.Length, opening.Validator);
            return new HttpStorage(source, options, opening.Length, reader);
        }
        catch (Exception e)
        {
            source.Dispose();
            if (IsOfTheServer(e))
                throw new StorageException($"cannot open {source.Name}: {HttpRetries.Reason(e)}; check the address and the server", e);
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The storage was disposed, before or meanwhile.</exception>
    public async ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        long total = BlockRange.Check(Length, offset, buffers);
        _reader.ThrowIfChanged();
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
        try
        {
            if (total <= _options.MaxRequestBytes)
                await ReadPartAsync(new BufferCursor(offset, buffers, 0, total), ending.Token).ConfigureAwait(false);
            else
                await ReadPartsAsync(offset, buffers, total, ending).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && _disposed != 0)
        {
            throw new ObjectDisposedException(nameof(HttpStorage));
        }
        catch (Exception e) when (IsOfTheServer(e))
        {
            string reason = $"{HttpRetries.Reason(e)} (given up after {_options.MaxRetries} retries)";
            throw new StorageException($"cannot read {total} bytes at {offset} of {_source.Name}: {reason}", e);
        }
    }

    /// <summary>Ends the reads that still run, and disposes the client unless the caller has supplied it.</summary>
    /// <returns>A task that completes when no read touches its buffers any more.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _disposal.CancelAsync().ConfigureAwait(false);
        for (int i = 0; i < _options.MaxParallelRequests; i++)
            await _slots.WaitAsync().ConfigureAwait(false);
        _source.Dispose();
    }

    internal static bool IsOfTheServer(Exception e)
        => e is HttpRequestException or TransientHttpException or (IOException and not StorageException);

    private async Task ReadPartAsync(BufferCursor part, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _reader.ReadAsync(part, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task ReadPartsAsync(long offset, IReadOnlyList<Memory<byte>> buffers, long total, CancellationTokenSource ending)
    {
        // One loop per parallel request, not one task per part: the guest chooses the length, and would thereby choose how much memory the
        // tasks take.
        long most = _options.MaxRequestBytes;
        long next = 0;
        var parts = new Task[Math.Min(_options.MaxParallelRequests, ((total - 1) / most) + 1)];
        for (int i = 0; i < parts.Length; i++)
            parts[i] = ReadInTurnAsync();

        // Waits for all parts even after a failure, because no part may still write to the buffers when the call ends.
        Task all = Task.WhenAll(parts);
        await foreach (Task ended in Task.WhenEach(parts).ConfigureAwait(false))
        {
            if (ended.IsCompletedSuccessfully)
                continue;
            await ending.CancelAsync().ConfigureAwait(false);
            await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ended.ConfigureAwait(false);
        }

        async Task ReadInTurnAsync()
        {
            for (long start = Claim(); start < total; start = Claim())
            {
                BufferCursor part = new(offset + start, buffers, start, Math.Min(total - start, most));
                await ReadPartAsync(part, ending.Token).ConfigureAwait(false);
            }
        }

        long Claim() => Interlocked.Add(ref next, most) - most;
    }
}
