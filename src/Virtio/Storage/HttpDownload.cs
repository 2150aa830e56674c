using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace Virtio.Storage;

/// <summary>Copies a whole object from a web server, with the credentials, redirects and retries of <see cref="HttpStorage"/>.</summary>
/// <remarks>
/// The server need not support ranges or name a version. If it does both, an interrupted download continues where it ended; otherwise it
/// starts again.
/// </remarks>
public sealed class HttpDownload
{
    private const int BufferLength = 128 * 1024;

    private readonly HttpSource _source;
    private readonly Stream _destination;
    private readonly IProgress<HttpDownloadProgress>? _progress;
    private readonly byte[] _buffer = new byte[BufferLength];

    // The version that is being downloaded; null where a retry must start again.
    private HttpValidator? _validator;

    // Bytes received so far.
    private long _received;

    // The object's length in bytes; null where the server does not say.
    private long? _total;

    private HttpDownload(HttpSource source, Stream destination, IProgress<HttpDownloadProgress>? progress)
    {
        _source = source;
        _destination = destination;
        _progress = progress;
    }

    /// <summary>Downloads an object.</summary>
    /// <param name="uri">An http or https address, as for <see cref="HttpStorage.OpenAsync"/>.</param>
    /// <param name="destination">
    /// Receives the bytes, from its start on. It must be seekable, and is truncated to the object's length.
    /// </param>
    /// <param name="options">
    /// How to talk to the server; null for the defaults. The options for parallel requests and for versions have no effect.
    /// </param>
    /// <param name="progress">Receives the progress after each piece; null for none.</param>
    /// <param name="cancellationToken">Ends the download early.</param>
    /// <returns>The length in bytes.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="uri"/> is not an absolute http or https address, or an option is out of its range.
    /// </exception>
    /// <exception cref="StorageException">The server cannot be reached, or refuses; the message says which, and what to do.</exception>
    public static async Task<long> CopyAsync(
        Uri uri,
        Stream destination,
        HttpStorageOptions? options = null,
        IProgress<HttpDownloadProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        options = HttpStorageOptions.Checked(uri, options);
        using HttpSource source = new(uri, options);
        HttpRetries retries = new(source, options, options.Logger ?? NullLogger.Instance);
        HttpDownload download = new(source, destination, progress);
        try
        {
            await retries.RunAsync(static (download, token) => download.TryAsync(token), download, cancellationToken).ConfigureAwait(false);
            return download._received;
        }
        catch (Exception e) when (HttpStorage.IsOfTheServer(e))
        {
            throw new StorageException($"cannot download {source.Name}: {HttpRetries.Reason(e)}; check the address and the server", e);
        }
    }

    private async ValueTask TryAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            stall.CancelAfter(_source.StallTimeout);
            HttpQuery query = new(HttpMethod.Get);
            if (_received > 0 && _validator is { CanContinue: true })
                query = query with { From = _received, Condition = _validator, OrWhole = true };
            using HttpAnswer answer = await _source.SendAsync(query, stall.Token).ConfigureAwait(false);
            try
            {
                Begin(answer, query.From);
                await CopyBodyAsync(answer.Response, stall, cancellationToken).ConfigureAwait(false);
            }
            catch when (!cancellationToken.IsCancellationRequested)
            {
                _source.Forget(answer.Target);
                throw;
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw _source.Stalled(e);
        }
    }

    /// <summary>Checks the answer, and seeks to the position of its first byte.</summary>
    private void Begin(HttpAnswer answer, long? asked)
    {
        if (asked is null || answer.Response.StatusCode is not HttpStatusCode.PartialContent)
            BeginWhole(answer, asked);
        else if (!IsTheRest(answer.Response))
        {
            _validator = null;
            throw new TransientHttpException("the rest of the object was requested, and the server answered with something else");
        }

        _destination.SetLength(_received);
        _destination.Position = _received;
    }

    private void BeginWhole(HttpAnswer answer, long? asked)
    {
        HttpResponseMessage response = answer.Response;
        bool isRangeRefused = asked is not null && (int)response.StatusCode is >= 400 and < 500;
        if (isRangeRefused)
        {
            // The retry requests the whole object, which the server may still serve.
            _validator = null;
            throw new TransientHttpException(HttpRefusal.Said(answer));
        }

        HttpRefusal.ThrowIfRefused(_source.Name, answer);
        if (response.StatusCode is not HttpStatusCode.OK)
            throw new StorageException($"{_source.Name}: {HttpRefusal.Said(answer)} to a request for the whole object; it must answer 200");
        _validator = HttpValidator.Of(response);
        _total = response.Content.Headers.ContentLength;
        _received = 0;
    }

    private bool IsTheRest(HttpResponseMessage response)
    {
        HttpValidator version = HttpValidator.Of(response);
        return HttpContentRange.Read(response, out HttpContentRange range) is null
            && range.From == _received
            && (range.Length ?? _total) == _total
            && _validator!.IsComparableTo(version)
            && _validator.Difference(version) is null;
    }

    private async Task CopyBodyAsync(HttpResponseMessage response, CancellationTokenSource stall, CancellationToken cancellationToken)
    {
        using Stream body = await response.Content.ReadAsStreamAsync(stall.Token).ConfigureAwait(false);
        _progress?.Report(new HttpDownloadProgress(_received, _total));
        while (true)
        {
            stall.CancelAfter(_source.StallTimeout);
            int count = await body.ReadAsync(_buffer, stall.Token).ConfigureAwait(false);
            if (count == 0)
                break;
            // The stall timeout does not cover the time that the destination takes.
            stall.CancelAfter(Timeout.InfiniteTimeSpan);
            await WriteAsync(count, cancellationToken).ConfigureAwait(false);
            _received += count;
            _progress?.Report(new HttpDownloadProgress(_received, _total));
        }

        if (_total is long total && _received < total)
            throw new TransientHttpException($"the answer ended {total - _received} bytes too early");
    }

    private async Task WriteAsync(int count, CancellationToken cancellationToken)
    {
        try
        {
            await _destination.WriteAsync(_buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e) when (e is not StorageException)
        {
            // A failure of the destination, so it is not retried.
            throw new StorageException($"cannot write the data from {_source.Name}: {e.Message}", e);
        }
    }
}
