using System.Net;

namespace Virtio.Storage;

/// <summary>
/// Reads ranges of one version of an object. Bytes of another version are never returned: once another version was seen, every read fails.
/// </summary>
internal sealed class HttpRangeReader(HttpSource source, HttpOpening opened, HttpRetries retries)
{
    private readonly long _length = opened.Length;
    private readonly HttpValidator _validator = opened.Validator;
    private readonly HttpTarget _target = opened.Target;

    // Room for a byte after the end of an answer. Parallel reads share it, because its contents are never used.
    private readonly byte[] _beyond = new byte[1];

    // Why every read fails; null while the version is the one that was opened. Set once, by any thread.
    private volatile string? _change;

    // Whether opening has ended. A change before that is not logged. Set once, by the thread that opens.
    private volatile bool _isOpen;

    // Whether requests carry the version as a condition. Cleared by any thread when the server fails such requests; never set again.
    private volatile bool _asksConditionally = true;

    /// <summary>Reads the last byte in the same way as every later read, so that opening fails if the server cannot serve those.</summary>
    public async Task ProveAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(new BufferCursor(_length - 1, [new byte[1]], 0, 1), cancellationToken).ConfigureAwait(false);
        _isOpen = true;
    }

    /// <summary>Fills the part, with as many requests as needed.</summary>
    public async Task ReadAsync(BufferCursor part, CancellationToken cancellationToken)
        => await retries.RunAsync(
            static (state, token) => state.Reader.TryReadAsync(state.Part, token),
            (Reader: this, Part: part),
            cancellationToken).ConfigureAwait(false);

    public void ThrowIfChanged()
    {
        if (_change is string change)
            throw new StorageException(change);
    }

    private static bool MayFailForTheCondition(int status)
        => status is 304 or 500
            || (status >= 400 && !HttpRefusal.IsTransient((HttpStatusCode)status) && status is not (401 or 404 or 407 or 410 or 416));

    private async ValueTask TryReadAsync(BufferCursor part, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (part.Remaining > 0)
            {
                ThrowIfChanged();
                stall.CancelAfter(source.StallTimeout);
                using HttpAnswer answer = await AskAsync(part, stall.Token).ConfigureAwait(false);
                try
                {
                    long count = Check(answer, part.Offset, part.Offset + part.Remaining - 1);
                    await ReadBodyAsync(part, answer.Response, count, stall).ConfigureAwait(false);
                }
                catch when (!cancellationToken.IsCancellationRequested)
                {
                    source.Forget(answer.Target);
                    throw;
                }
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw source.Stalled(e);
        }
    }

    private async Task<HttpAnswer> AskAsync(BufferCursor part, CancellationToken cancellationToken)
    {
        HttpQuery query = new(HttpMethod.Get, part.Offset, part.Offset + part.Remaining - 1, _asksConditionally ? _validator : null);
        HttpAnswer answer = await source.SendAsync(query, cancellationToken).ConfigureAwait(false);
        if (query.Condition is null || !(LacksVersion(answer.Response) || MayFailForTheCondition((int)answer.Response.StatusCode)))
            return answer;
        // Some servers fail every conditional request, even for the version that is there. The same request without the condition then
        // succeeds.
        string refusal = HttpText.Status(answer.Response);
        answer.Dispose();

        answer = await source.SendAsync(query with { Condition = null }, cancellationToken).ConfigureAwait(false);
        if (answer.Response.StatusCode is HttpStatusCode.PartialContent && IsOfThisVersion(answer.Response))
        {
            _asksConditionally = false;
            HttpStorageLog.Unconditional(retries.Logger, source.Name, refusal);
        }

        return answer;
    }

    private bool LacksVersion(HttpResponseMessage response) => response.StatusCode is HttpStatusCode.PartialContent
        && !opened.Options.AllowUnvalidated
        && !_validator.IsComparableTo(HttpValidator.Of(response));

    private bool IsOfThisVersion(HttpResponseMessage response)
    {
        HttpValidator answer = HttpValidator.Of(response);
        return _validator.IsComparableTo(answer) && _validator.Difference(answer) is null;
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

        // Reading to the end frees the connection for the next request. It also detects an answer that is longer than it announced.
        if (await body.ReadAsync(_beyond, stall.Token).ConfigureAwait(false) != 0)
            throw HttpRangeAnswer.TooLong(source.Name);
    }

    /// <returns>How many of the requested bytes the body contains; a server may send fewer than requested.</returns>
    private long Check(HttpAnswer answer, long first, long last)
    {
        HttpResponseMessage response = answer.Response;
        if (response.StatusCode is HttpStatusCode.RequestedRangeNotSatisfiable)
            throw Unsatisfied(answer, first, last);
        HttpRefusal.ThrowIfRefused(source.Name, answer);

        HttpValidator version = HttpValidator.Of(response);
        bool saysVersion = _validator.IsComparableTo(version) || opened.Options.AllowUnvalidated;
        if (_validator.Difference(version) is string difference)
            throw Changed(answer, difference);
        if (response.StatusCode is not HttpStatusCode.PartialContent)
            return saysVersion && IsWhole(response, first, last) ? _length : throw NotPartial(answer);
        // Not counted as a change of the object: it may be a page from a proxy, for a while.
        if (!saysVersion)
            throw new StorageException($"{source.Name}: an answer lacks the {_validator.Kind} that the first one had, "
                + $"so it may be of another version; make the server send it always, or {opened.Options.AllowUnvalidatedHint}");

        HttpContentRange range = HttpRangeAnswer.RangeOf(source.Name, response, first, last);
        if (range.Length is long total && total != _length)
            throw Changed(answer, $"it had {_length} bytes and has {total}");
        return range.Count;
    }

    // A server may answer a request for the range of all bytes with the whole object and status 200 (RFC 9110, 14.2). The bytes are the
    // same.
    private bool IsWhole(HttpResponseMessage response, long first, long last)
    {
        bool asksForAll = first == 0 && last == _length - 1;
        if (!asksForAll || response.StatusCode is not HttpStatusCode.OK || (response.Content.Headers.ContentLength ?? _length) != _length)
            return false;
        HttpRangeAnswer.ThrowIfEncoded(source.Name, response);
        return true;
    }

    // Transient once the storage is open, because a cache that is being filled also answers without ranges.
    private Exception NotPartial(HttpAnswer answer)
    {
        string said = $"asked for a range, {HttpRefusal.Said(answer)}; it must serve ranges";
        return _isOpen ? new TransientHttpException(said) : new StorageException($"{source.Name}: {said}");
    }

    // Transient when the server's length is still the same: the object has not shrunk.
    private Exception Unsatisfied(HttpAnswer answer, long first, long last)
    {
        HttpValidator version = HttpValidator.Of(answer.Response);
        if (_validator.Difference(version) is string difference)
            return Changed(answer, difference);
        bool saysLength = HttpContentRange.Read(answer.Response, out HttpContentRange range) is null && range.IsUnsatisfied;
        if (saysLength && range.Length != _length)
            return Changed(answer, $"it had {_length} bytes and has {range.Length}");
        return new TransientHttpException($"{HttpRefusal.Said(answer)} for bytes {first} to {last} of {_length}");
    }

    private Exception Changed(HttpAnswer answer, string difference)
    {
        // The answer comes from another mirror. It says nothing about the first mirror's copy, to which the next redirect may lead again.
        if (!answer.Target.IsSamePlace(_target))
            return new TransientHttpException($"it redirects to {answer.Target.Name} now, "
                + $"and the copy there is not the one at {_target.Name}: {difference}; "
                + "mirrors must hold the same object under the same version: give the address of one of them");
        string change = _isOpen
            ? $"{source.Name} has changed since it was opened: {difference}; open it again to use the new version"
            : $"{source.Name} has changed while it was opened: {difference}; try again if it is being replaced, "
                + "else make the server name one version in all its answers";
        if (Interlocked.CompareExchange(ref _change, change, null) is null && _isOpen)
            HttpStorageLog.Changed(retries.Logger, source.Name, difference);
        return new StorageException(change);
    }
}
