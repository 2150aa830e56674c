using System.Net;

namespace Virtio.Storage;

/// <summary>Finds out, before the first read, how long an object is, what tells its versions apart, and that its server serves ranges.</summary>
internal sealed class HttpOpening(HttpSource source, bool allowUnvalidated)
{
    private bool _hasRanges;

    /// <summary>In bytes; null until the server has said.</summary>
    public long? Length { get; private set; }

    public HttpValidator Validator { get; private set; } = new(null, null);

    /// <summary>May be run again after a failure.</summary>
    public async ValueTask TryAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            stall.CancelAfter(source.StallTimeout);
            await HeadAsync(stall.Token).ConfigureAwait(false);
            // A server that makes its answers as it goes may say 0 here for any length.
            if (Length is null or 0 || !_hasRanges)
            {
                stall.CancelAfter(source.StallTimeout);
                await ProbeAsync(stall.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TransientHttpException($"the server sent nothing for {source.StallTimeout.TotalSeconds:0.###} s", null, e);
        }

        if (Length is null or 0)
            throw new StorageException($"{source.Name} is empty, so it cannot be a disk.");
        if (!Validator.IsUsable && !allowUnvalidated)
            throw new StorageException($"{source.Name}: the server sends neither a strong ETag nor a Last-Modified, so a change of the object under the disk would go unseen; make it send one, or allow that ({nameof(HttpStorageOptions)}.{nameof(HttpStorageOptions.AllowUnvalidated)}).");
    }

    private async Task HeadAsync(CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await source.SendAsync(HttpMethod.Head, null, null, cancellationToken).ConfigureAwait(false);
        // An address signed for GET, or a server without HEAD: the range request below says as much.
        if (response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented or HttpStatusCode.BadRequest)
            return;
        source.ThrowIfRefused(response);
        if (response.StatusCode is not HttpStatusCode.OK)
            return;
        source.ThrowIfEncoded(response);
        if (response.Headers.AcceptRanges.Contains("none"))
            throw WithoutRanges();
        _hasRanges = response.Headers.AcceptRanges.Contains("bytes");
        Length = response.Content.Headers.ContentLength;
        Validator = HttpValidator.Of(response);
    }

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await source.SendAsync(HttpMethod.Get, (0, 0), null, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            Length = 0;
            return;
        }

        source.ThrowIfRefused(response);
        if (response.StatusCode is not HttpStatusCode.PartialContent)
            throw Length == 0 ? new StorageException($"{source.Name} is empty, so it cannot be a disk.") : WithoutRanges();
        source.ThrowIfEncoded(response);
        if (response.Content.Headers.ContentRange is not { Unit: "bytes", From: 0, To: 0 } range)
            throw new StorageException($"{source.Name}: asked for its first byte, the server answered with Content-Range '{response.Content.Headers.ContentRange}'.");
        Length = range.Length ?? Length ?? throw new StorageException($"{source.Name}: the server does not say how long it is.");
        Validator = HttpValidator.Of(response);
    }

    private StorageException WithoutRanges()
        => new($"{source.Name}: the server does not serve ranges of bytes, which a disk needs; enable them there (nginx: no 'max_ranges 0'), use another server, or download the object and use the file.");
}
