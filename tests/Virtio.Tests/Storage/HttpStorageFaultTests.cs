using System.Collections.Concurrent;
using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class HttpStorageFaultTests
{
    private static readonly byte[] Content = Transfers.RandomBytes(50_000);
    private static readonly HttpStorageOptions Fast = HttpOptions.Fast(retries: 4);

    [Fact]
    public async Task A_body_cut_short_goes_on_where_it_ended()
    {
        await using ScriptedServer server = new(request =>
        {
            ScriptedServer.Answer good = ScriptedServer.Good(request, Content);
            return request.IsOpening || request.Number > 5 ? good : good with { Body = good.Body[..1000], Close = true };
        });
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Assert.Equal(Content[100..40_100], await storage.ReadBytes(100, 40_000));
        Assert.Equal([100, 1100, 2100, 3100], server.Requests.Skip(2).Select(r => r.From));
    }

    [Fact]
    public async Task A_body_cut_short_every_time_is_an_error_in_the_end()
    {
        await using ScriptedServer server = new(request => request.IsOpening
            ? ScriptedServer.Good(request, Content)
            : ScriptedServer.Good(request, Content) with { Body = [], Close = true });
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 100));
        Assert.Contains("given up after 4 retries", e.Message, StringComparison.Ordinal);
        Assert.Equal(2 + 5, server.Requests.Count);
    }

    [Theory]
    [InlineData("408 Request Timeout")]
    [InlineData("421 Misdirected Request")]
    [InlineData("425 Too Early")]
    [InlineData("429 Too Many Requests|Retry-After: Fri, 31 Dec 9999 23:59:59 GMT")]
    [InlineData("429 Too Many Requests|Retry-After: 99999999999999999999")]
    [InlineData("500 Internal Server Error")]
    [InlineData("502 Bad Gateway")]
    [InlineData("503 Service Unavailable|Retry-After: 3600")]
    public async Task A_passing_fault_of_the_server_is_retried(string status)
    {
        await using ScriptedServer server = new(request => request.Number is 1 or 3 or 4
            ? new ScriptedServer.Answer(status + "|Content-Length: 0", [])
            : ScriptedServer.Good(request, Content));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Assert.Equal(Content[..100], await storage.ReadBytes(0, 100));
        Assert.Equal(6, server.Requests.Count);
    }

    [Theory]
    [InlineData("401 Unauthorized", "credentials", 1)]
    [InlineData("403 Forbidden", "credentials", 2)]
    [InlineData("404 Not Found", "404", 1)]
    [InlineData("410 Gone", "410", 1)]
    [InlineData("400 Bad Request", "400", 2)]
    [InlineData("304 Not Modified", "304", 2)]
    public async Task A_refusal_is_not_retried_except_once_without_the_condition(string status, string reason, int requests)
    {
        await using ScriptedServer server = new(request => request.IsOpening
            ? ScriptedServer.Good(request, Content)
            : new ScriptedServer.Answer(status + "|Content-Length: 0", []));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 100));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Equal(2 + requests, server.Requests.Count);
    }

    [Theory]
    [InlineData("Content-Range: bytes 1-100/50000", "asked for bytes 0 to 99")]
    [InlineData("Content-Range: bytes 0-199/50000", "asked for bytes 0 to 99")]
    [InlineData("Content-Range: bytes 0-49/50000", "contradicts")]
    [InlineData("Content-Range: bytes 0-99/50001", "has changed")]
    [InlineData("Content-Range: items 0-99/50000", "not in bytes")]
    [InlineData("Content-Range: bytes */50000", "none, but with status 206")]
    [InlineData("Content-Type: multipart/byteranges", "for several ranges")]
    [InlineData("Content-Range: bytes 0-99/50000|Content-Encoding: gzip", "encoded as 'gzip'")]
    public async Task An_answer_to_something_else_than_was_asked_is_an_error(string headers, string reason)
    {
        await using ScriptedServer server = new(request => request.IsOpening
            ? ScriptedServer.Good(request, Content)
            : ScriptedServer.Range(request, Content, "ETag: \"1\"|" + headers));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 100));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task More_bytes_than_announced_are_an_error()
    {
        await using ScriptedServer server = new(request => request.IsOpening
            ? ScriptedServer.Good(request, Content)
            : new ScriptedServer.Answer(
                "206 Partial Content|Transfer-Encoding: chunked|ETag: \"1\"|Content-Range: bytes 0-4/50000",
                "6\r\n123456\r\n0\r\n\r\n"u8.ToArray()));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 5));
        Assert.Contains("more bytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_answers_with_less_than_was_asked_is_asked_for_the_rest()
    {
        await using ScriptedServer server = new(
            request => ScriptedServer.Good(request with { To = Math.Min(request.To, request.From + 999) }, Content));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Assert.Equal(Content[..10_000], await storage.ReadBytes(0, 10_000));
        Assert.Equal(2 + 10, server.Requests.Count);
    }

    [Fact]
    public async Task The_whole_object_instead_of_a_range_is_refused_at_start_and_an_error_later()
    {
        ScriptedServer.Answer whole = new($"200 OK|ETag: \"1\"|Content-Length: {Content.Length}", Content, Close: true);
        await using ScriptedServer never = new(_ => whole);
        Assert.Contains("does not serve ranges",
            (await Assert.ThrowsAsync<StorageException>(() => HttpStorage.OpenAsync(never.Address, Fast))).Message,
            StringComparison.Ordinal);

        await using ScriptedServer later = new(request => request.IsOpening ? ScriptedServer.Good(request, Content) : whole);
        await using HttpStorage storage = await HttpStorage.OpenAsync(later.Address, Fast);
        Assert.Contains("must serve ranges", (await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 1))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_goes_silent_is_retried_and_one_that_stays_silent_is_an_error()
    {
        static Task Silence(CancellationToken cancellation) => Task.Delay(Timeout.Infinite, cancellation);
        int silent = 1;
        await using ScriptedServer server = new(request =>
        {
            ScriptedServer.Answer good = ScriptedServer.Good(request, Content);
            if (request.IsOpening || Interlocked.Decrement(ref silent) < 0)
                return good;
            return request.Number % 2 == 0 ? good with { Before = Silence } : good with { Body = good.Body[..10], After = Silence };
        });
        HttpStorageOptions options = new() { RetryDelay = TimeSpan.Zero, MaxRetries = 3, StallTimeout = TimeSpan.FromSeconds(2) };
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, options);
        Assert.Equal(Content[..100], await storage.ReadBytes(0, 100));

        Volatile.Write(ref silent, 100);
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 100));
        Assert.Contains("sent nothing for 2 s", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_a_read_promptly_and_disposing_ends_all()
    {
        static Task Silence(CancellationToken cancellation) => Task.Delay(Timeout.Infinite, cancellation);
        await using ScriptedServer server = new(request =>
            request.IsOpening ? ScriptedServer.Good(request, Content) : ScriptedServer.Good(request, Content) with { Before = Silence });
        HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        using CancellationTokenSource cancelling = new();
        Task<byte[]> cancelled = storage.ReadBytes(0, 100, cancelling.Token);
        Task<byte[]>[] others = [.. Enumerable.Range(0, 20).Select(i => storage.ReadBytes(i, 100))];

        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.DoesNotContain(others, t => t.IsCompleted);

        await storage.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        foreach (Task<byte[]> other in others)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => other.WaitAsync(TimeSpan.FromSeconds(20)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => storage.ReadBytes(0, 1));
        await storage.DisposeAsync();
    }

    [Fact]
    public async Task No_more_requests_run_at_once_than_allowed_and_parts_of_one_read_run_in_parallel()
    {
        int running = 0;
        ConcurrentBag<int> seen = [];
        using SemaphoreSlim third = new(0);
        await using ScriptedServer server = new(request => ScriptedServer.Good(request, Content) with
        {
            Before = async cancellation =>
            {
                if (request.IsOpening)
                    return;
                int now = Interlocked.Increment(ref running);
                seen.Add(now);
                // The first two wait here for the third: they can only continue if three requests run at once.
                if (now == 3)
                    third.Release(1000);
                await third.WaitAsync(cancellation);
                // Before the answer, because after it the client may already send the next request.
                Interlocked.Decrement(ref running);
            },
        });
        HttpStorageOptions options = new() { MaxParallelRequests = 3, MaxRequestBytes = 1000 };
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, options);
        Assert.Equal(Content[..30_000], await storage.ReadBytes(0, 30_000).WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(3, seen.Max());
    }

    [Fact]
    public async Task A_part_that_fails_ends_the_read_and_the_other_parts()
    {
        await using ScriptedServer server = new(request => request.From == 5000
            ? new ScriptedServer.Answer("404 Not Found|Content-Length: 0", [])
            : ScriptedServer.Good(request, Content) with
            {
                Before = c => request.From > 5000 && !request.IsOpening ? Task.Delay(Timeout.Infinite, c) : Task.CompletedTask,
            });
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, new HttpStorageOptions { MaxRequestBytes = 1000 });
        StorageException e = await Assert.ThrowsAsync<StorageException>(
            () => storage.ReadBytes(0, 20_000).WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains("404", e.Message, StringComparison.Ordinal);
    }
}
