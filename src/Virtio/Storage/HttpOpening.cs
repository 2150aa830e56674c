using System.Net;

namespace Virtio.Storage;

/// <summary>
/// Requests an object's first byte, which tells the object's length and what distinguishes its versions. Only an answer to a range request
/// is trusted.
/// </summary>
internal sealed class HttpOpening(HttpSource source, HttpStorageOptions options)
{
    // The longest wait until Last-Modified is older than the answer. Waiting does not help with a date that lies further in the future.
    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(2);

    /// <summary>The object's length in bytes.</summary>
    public long Length { get; private set; }

    public HttpValidator Validator { get; private set; } = null!;

    /// <summary>The address of the answer, after all redirects.</summary>
    public HttpTarget Target { get; private set; } = null!;

    public HttpStorageOptions Options => options;

    /// <summary>Makes one attempt. It may be called again after a failure.</summary>
    public async ValueTask TryAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            HttpContentRange range = await FirstByteAsync(stall).ConfigureAwait(false);
            if (Validator.Unsettled is { Ticks: > 0 } wait && wait <= LongestSettling)
            {
                stall.CancelAfter(Timeout.InfiniteTimeSpan);
                await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
                range = await FirstByteAsync(stall).ConfigureAwait(false);
            }

            Length = range.Length ?? await LengthAsync(stall).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw source.Stalled(e);
        }

        if (Validator.IsUsable)
            return;
        if (!options.AllowUnvalidated)
            throw new StorageException($"{source.Name}: {Validator.Weakness}, so a change of the object under the disk would go unseen; "
                + $"make it send one, or {options.AllowUnvalidatedHint}");
        // A date that is always now, or a weak tag, may differ in each answer. The caller has allowed an unvalidated object, so no
        // validator is used.
        Validator = HttpValidator.None;
    }

    private async Task<HttpContentRange> FirstByteAsync(CancellationTokenSource stall)
    {
        stall.CancelAfter(source.StallTimeout);
        using HttpAnswer answer = await source.SendAsync(new HttpQuery(HttpMethod.Get, 0, 0), stall.Token).ConfigureAwait(false);
        try
        {
            if (answer.Response.StatusCode is HttpStatusCode.RequestedRangeNotSatisfiable)
                throw Unsatisfied(answer);
            HttpRefusal.ThrowIfRefused(source.Name, answer);
            if (answer.Response.StatusCode is not HttpStatusCode.PartialContent)
                throw HttpRangeAnswer.WithoutRanges(source.Name, answer.Response);
            HttpContentRange range = HttpRangeAnswer.RangeOf(source.Name, answer.Response, 0, 0);
            byte[] body = new byte[2];
            using Stream stream = await answer.Response.Content.ReadAsStreamAsync(stall.Token).ConfigureAwait(false);
            int count = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, stall.Token).ConfigureAwait(false);
            if (count == 0)
                throw new TransientHttpException("the answer ended 1 byte too early");
            if (count > 1)
                throw HttpRangeAnswer.TooLong(source.Name);
            Validator = HttpValidator.Of(answer.Response);
            Target = answer.Target;
            return range;
        }
        catch
        {
            source.Forget(answer.Target);
            throw;
        }
    }

    private Exception Unsatisfied(HttpAnswer answer)
    {
        string? fault = HttpContentRange.Read(answer.Response, out HttpContentRange range);
        if (fault is null && range.IsUnsatisfied && range.Length > 0)
            return new TransientHttpException($"{HttpRefusal.Said(answer)} for the first byte of an object of {range.Length} bytes");
        return new StorageException(fault is null && range.IsUnsatisfied
            ? $"{source.Name} is empty, so it cannot be a disk"
            : $"{source.Name}: {HttpRefusal.Said(answer)} for the first byte: it is empty, or the server does not serve ranges of it");
    }

    /// <summary>Asks for the length with HEAD, where the Content-Range of the first answer did not contain it (RFC 9110, 14.4).</summary>
    private async Task<long> LengthAsync(CancellationTokenSource stall)
    {
        stall.CancelAfter(source.StallTimeout);
        using HttpAnswer answer = await source.SendAsync(new HttpQuery(HttpMethod.Head), stall.Token).ConfigureAwait(false);
        HttpResponseMessage response = answer.Response;
        HttpRangeAnswer.ThrowIfEncoded(source.Name, response);
        if (response.StatusCode is HttpStatusCode.OK && response.Content.Headers.ContentLength is long length and > 0
            && Validator.Difference(HttpValidator.Of(response)) is null)
            return length;
        throw new StorageException($"{source.Name}: the server does not say how long the object is: its Content-Range has no length, "
            + $"and HEAD is answered {HttpText.Status(response)} without a usable Content-Length; "
            + "make the server say it, or download the object and use the file");
    }
}
