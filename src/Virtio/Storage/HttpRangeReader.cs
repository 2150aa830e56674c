using System.Net;

namespace Virtio.Storage;

/// <summary>Reads ranges of one version of an object. Bytes of another version never count as read: once one was seen, every read fails.</summary>
internal sealed class HttpRangeReader(HttpSource source, long length, HttpValidator validator, HttpRetries retries)
{
    private readonly byte[] _beyond = new byte[1];
    private volatile string? _change;

    /// <summary>Fills the part, over as many requests as it takes.</summary>
    public async Task ReadAsync(BufferCursor part, CancellationToken cancellationToken)
        => await retries.RunAsync(static (state, token) => state.Reader.TryReadAsync(state.Part, token), (Reader: this, Part: part), cancellationToken).ConfigureAwait(false);

    public void ThrowIfChanged()
    {
        if (_change is string change)
            throw new StorageException(change);
    }

    private async ValueTask TryReadAsync(BufferCursor part, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (part.Remaining > 0)
            {
                ThrowIfChanged();
                stall.CancelAfter(source.StallTimeout);
                long last = part.Offset + part.Remaining - 1;
                using HttpResponseMessage response = await source.SendAsync(HttpMethod.Get, (part.Offset, last), validator, stall.Token).ConfigureAwait(false);
                await ReadBodyAsync(part, response, Check(response, part.Offset, last), stall).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TransientHttpException($"the server sent nothing for {source.StallTimeout.TotalSeconds:0.###} s", null, e);
        }
    }

    private async Task ReadBodyAsync(BufferCursor part, HttpResponseMessage response, long count, CancellationTokenSource stall)
    {
        using Stream body = await response.Content.ReadAsStreamAsync(stall.Token).ConfigureAwait(false);
        while (count > 0)
        {
            stall.CancelAfter(source.StallTimeout);
            int read = await body.ReadAsync(part.Target(count), stall.Token).ConfigureAwait(false);
            if (read == 0)
                throw new TransientHttpException($"the answer ended {count} bytes too early");
            part.Advance(read);
            count -= read;
        }

        // Reading to the end gives the connection back for the next request; and an answer longer than it said is not what it said.
        if (await body.ReadAsync(_beyond, stall.Token).ConfigureAwait(false) != 0)
            throw new StorageException($"{source.Name}: the server sent more bytes than its Content-Range says; it cannot be trusted with the rest.");
    }

    /// <returns>The bytes that the body holds of what was asked; a server may send fewer.</returns>
    private long Check(HttpResponseMessage response, long first, long last)
    {
        if (response.StatusCode is HttpStatusCode.PreconditionFailed)
            throw Changed("it is another version now");
        if (response.StatusCode is HttpStatusCode.RequestedRangeNotSatisfiable)
            throw Changed($"it had {length} bytes and has fewer");
        source.ThrowIfRefused(response);

        HttpValidator answer = HttpValidator.Of(response);
        bool saysVersion = validator.IsComparableTo(answer);
        if (saysVersion && validator.Difference(answer) is string difference)
            throw Changed(difference);
        if (response.StatusCode is not HttpStatusCode.PartialContent)
            throw new StorageException($"{source.Name}: asked for a range, the server answered {(int)response.StatusCode} {response.ReasonPhrase}; it must serve ranges.");
        // Not taken for a change: it may be a page that a proxy puts in the way for a while.
        if (!saysVersion)
            throw new StorageException($"{source.Name}: an answer lacks the {validator.Kind} that the object had when it was opened, so it may be of another version.");
        source.ThrowIfEncoded(response);

        if (response.Content.Headers.ContentRange is not { Unit: "bytes", From: long from, To: long to } range)
            throw new StorageException($"{source.Name}: the answer to a range has no Content-Range in bytes.");
        if (range.Length is long total && total != length)
            throw Changed($"it had {length} bytes and has {total}");
        if (from != first || to < from || to > last)
            throw new StorageException($"{source.Name}: asked for bytes {first} to {last}, the server answered with {from} to {to}.");
        long count = to - from + 1;
        if (response.Content.Headers.ContentLength is long said && said != count)
            throw new StorageException($"{source.Name}: the server's Content-Length of {said} contradicts its Content-Range of {count} bytes.");
        return count;
    }

    private StorageException Changed(string difference)
    {
        string change = $"{source.Name} has changed since it was opened: {difference}. Open it again to use the new version.";
        if (Interlocked.CompareExchange(ref _change, change, null) is null)
            HttpStorageLog.Changed(retries.Logger, source.Name, difference);
        return new StorageException(change);
    }
}
