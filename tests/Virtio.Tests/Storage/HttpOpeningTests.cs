using Virtio.Storage;

namespace Virtio.Tests.Storage;

/// <summary>Each spelling that RFC 9110 allows, or that servers are known for, works or is refused before the first read.</summary>
public sealed class HttpOpeningTests
{
    private const string Range = "206 Partial Content|Content-Length: {count}|Content-Range: bytes {from}-{to}/{total}";
    private const string Tag = "|ETag: \"1\"";
    private const string Monday = "Mon, 06 Jan 2020 10:00:00 GMT";
    private static readonly byte[] Content = Transfers.RandomBytes(5_000);
    private static readonly HttpStorageOptions Fast = HttpOptions.Fast(retries: 3);

    [Theory]
    [InlineData("404 Not Found|Content-Length: 0")]
    [InlineData("401 Unauthorized|Content-Length: 0")]
    [InlineData("403 Forbidden|Content-Length: 0")]
    [InlineData("405 Method Not Allowed|Content-Length: 0")]
    [InlineData("406 Not Acceptable|Content-Length: 0")]
    [InlineData("500 Internal Server Error|Content-Length: 0")]
    [InlineData("501 Not Implemented|Content-Length: 0")]
    [InlineData("302 Found|Location: /elsewhere|Content-Length: 0")]
    [InlineData("204 No Content")]
    [InlineData("200 OK|Content-Length: 0")]
    [InlineData("200 OK|Transfer-Encoding: chunked")]
    [InlineData("200 OK|Content-Length: 7|ETag: \"other\"|Accept-Ranges: none")]
    [InlineData("200 OK|Content-Length: 5000|ETag: \"1\"|Content-Encoding: gzip")]
    [InlineData("")]
    public async Task What_HEAD_answers_does_not_count(string head)
    {
        await using ScriptedServer server = new(
            request => request.Method == "HEAD" ? new ScriptedServer.Answer(head, [], Close: true) : ScriptedServer.Good(request, Content));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        await AssertReads(storage);
    }

    [Theory]
    [InlineData("")]
    [InlineData("|Accept-Ranges: none")]
    [InlineData("|Accept-Ranges: bytes")]
    [InlineData("|Accept-Ranges: items, bytes")]
    [InlineData("|Content-Encoding: identity")]
    [InlineData("|Content-Type: multipart/mixed; boundary=x")]
    [InlineData("|Content-Type: application/octet-stream")]
    [InlineData("|content-range: bytes {from}-{to}/{total}")]
    [InlineData("|Set-Cookie: a=b|Vary: *|Cache-Control: no-store|Age: 100")]
    public async Task Other_headers_do_no_harm(string headers) => await AssertOpens(Range + Tag + headers);

    [Theory]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: Bytes {from}-{to}/{total}")]
    [InlineData("206 Partial Content|Content-Length: {count}|CONTENT-RANGE:   BYTES \t {from} - {to} / {total}  ")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes 00{from}-0{to}/000{total}")]
    [InlineData("206|Content-Length: {count}|Content-Range: bytes {from}-{to}/{total}")]
    [InlineData("206 Whatever|Content-Length: {count}|Content-Range: bytes {from}-{to}/{total}")]
    [InlineData("206 Partial Content|Transfer-Encoding: chunked|Content-Range: bytes {from}-{to}/{total}")]
    [InlineData("206 Partial Content|Connection: close|Content-Range: bytes {from}-{to}/{total}")]
    [InlineData("HTTP/1.0 206 Partial Content|Connection: close|Content-Range: bytes {from}-{to}/{total}")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes {from}-{to}/*")]
    public async Task Each_spelling_of_a_range_works(string answer) => await AssertOpens(answer + Tag);

    [Theory]
    [InlineData("ETag: \"\"")]
    [InlineData("ETag: \"a b, c\"")]
    [InlineData("ETag: \"a\\b\"")]
    [InlineData("ETag: \"caf\u00e9\"")]
    [InlineData("ETag: unquoted")]
    [InlineData("etag: \"1\"|ETag: \"1\"")]
    [InlineData("ETag: \"1\"|Last-Modified: yesterday")]
    [InlineData("ETag: \"1-gzip\"")]
    [InlineData("ETag: *|Last-Modified: " + Monday)]
    [InlineData("ETag: W/\"1\"|Last-Modified: " + Monday)]
    [InlineData("ETag: \"1\"|ETag: \"2\"|Last-Modified: " + Monday)]
    [InlineData("Last-Modified: " + Monday)]
    [InlineData("Last-Modified: Monday, 06-Jan-20 10:00:00 GMT")]
    [InlineData("Last-Modified: Mon Jan  6 10:00:00 2020")]
    [InlineData("Date: Mon, 06 Jan 2020 10:00:01 GMT|Last-Modified: " + Monday)]
    [InlineData("Date: nonsense|Last-Modified: " + Monday)]
    public async Task Each_spelling_of_a_version_works(string version) => await AssertOpens(Range + "|" + version);

    [Theory]
    [InlineData("X: y", "neither a strong ETag nor a Last-Modified, so")]
    [InlineData("ETag:", "neither a strong ETag nor a Last-Modified, so")]
    [InlineData("ETag: W/\"1\"", "(ETag W/\"1\")")]
    [InlineData("ETag: w/\"1\"", "(ETag w/\"1\")")]
    [InlineData("ETag: *", "(ETag *)")]
    [InlineData("ETag: \"1\"|ETag: \"2\"", "(ETag \"1\", ETag \"2\")")]
    [InlineData("ETag: \"1\", \"2\"", "(ETag \"1\", \"2\")")]
    [InlineData("Last-Modified: yesterday", "(Last-Modified yesterday)")]
    [InlineData("Last-Modified: 1578304800", "(Last-Modified 1578304800)")]
    [InlineData("Date: " + Monday + "|Last-Modified: " + Monday, "is not older than its answer")]
    [InlineData("Date: " + Monday + "|Last-Modified: Mon, 06 Jan 2020 11:00:00 GMT", "is not older than its answer")]
    [InlineData("Last-Modified: Fri, 31 Dec 9999 23:59:59 GMT", "is not older than its answer")]
    public async Task A_version_that_cannot_be_used_is_refused_with_the_option_that_allows_it(string version, string reason)
    {
        await using ScriptedServer server = new(request => ScriptedServer.Filled(request, Content, Range + "|" + version));
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => HttpStorage.OpenAsync(server.Address, Fast));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.EndsWith("or allow that with HttpStorageOptions.AllowUnvalidated", e.Message, StringComparison.Ordinal);
        HttpStorageOptions named = new() { AllowUnvalidatedHint = "say please" };
        Assert.EndsWith("make it send one, or say please",
            (await Assert.ThrowsAsync<StorageException>(() => HttpStorage.OpenAsync(server.Address, named))).Message,
                StringComparison.Ordinal);

        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, new HttpStorageOptions { AllowUnvalidated = true });
        await AssertReads(storage);
    }

    [Fact]
    public async Task A_date_within_the_second_of_the_answer_is_waited_for()
    {
        int answers = 0;
        await using ScriptedServer server = new(request => ScriptedServer.Filled(
            request, Content,
            $"{Range}|Last-Modified: {Monday}|Date: Mon, 06 Jan 2020 10:00:0{Math.Min(Interlocked.Increment(ref answers) - 1, 9)} GMT"));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Assert.Equal(3, server.Requests.Count);
    }

    [Theory]
    [InlineData("206 Partial Content|Content-Length: {count}", "it has no Content-Range")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range:", "it has no Content-Range")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: items {from}-{to}/{total}", "is not in bytes")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes={from}-{to}/{total}", "is malformed")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes {from}-{to}", "is malformed")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes */{total}", "none, but with status 206")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes {from}-{to}/{to}", "ends after the end of the object")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes {from}-{to}/99999999999999999999", "above 2^63-1")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes 1-1/{total}", "with bytes 1 to 1")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes 0-4999/5000", "with bytes 0 to 4999")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes 0-0/5000|Content-Range: bytes 0-0/5001",
        "several Content-Ranges")]
    [InlineData("206 Partial Content|Transfer-Encoding: chunked|Content-Range: bytes 0-0/*", "does not say how long the object is")]
    [InlineData(Range + "|Content-Type: multipart/byteranges; boundary=x", "'multipart/byteranges', which is for several ranges")]
    [InlineData(Range + "|Content-Type: MULTIPART/x-byteranges", "which is for several ranges")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Type: multipart/byteranges; boundary=\"x\"",
        "which is for several ranges")]
    [InlineData(Range + "|Content-Encoding: gzip", "encoded as 'gzip'")]
    [InlineData(Range + "|Content-Encoding: identity, br", "encoded as 'identity, br'")]
    [InlineData(Range + "|Content-Encoding: X-GZIP", "encoded as 'X-GZIP'")]
    [InlineData("206 Partial Content|Transfer-Encoding: gzip, chunked|Content-Range: bytes {from}-{to}/{total}",
        "encoded as 'gzip'")]
    [InlineData("200 OK|Content-Length: {count}", "does not serve ranges of bytes")]
    [InlineData("200 OK|Content-Length: {count}|Accept-Ranges: bytes|Content-Range: bytes {from}-{to}/{total}",
        "does not serve ranges of bytes")]
    [InlineData("200 OK|Transfer-Encoding: chunked", "does not serve ranges of bytes")]
    [InlineData("203 Non-Authoritative Information|Content-Length: {count}", "203 Non-Authoritative Information instead of 206")]
    [InlineData("202 Accepted|Content-Length: {count}", "202 Accepted instead of 206")]
    public async Task An_answer_that_is_no_range_is_refused(string answer, string reason) => await AssertRefused(
        request => request.Method == "HEAD" ? ScriptedServer.Empty("405 Method Not Allowed")
            : ScriptedServer.Filled(request, Content, answer + Tag), reason);

    [Theory]
    [InlineData("204 No Content", "204 No Content instead of 206")]
    [InlineData("200 OK|Content-Length: 0", "is empty, so it cannot be a disk")]
    [InlineData("416 Range Not Satisfiable|Content-Length: 0|Content-Range: bytes */0", "is empty, so it cannot be a disk")]
    [InlineData("416 Range Not Satisfiable|Content-Length: 0", "it is empty, or the server does not serve ranges")]
    [InlineData("416 Range Not Satisfiable|Content-Length: 0|Content-Range: bytes */5000", "for the first byte of an object of 5000 bytes")]
    [InlineData("300 Multiple Choices|Content-Length: 0", "without saying where to")]
    [InlineData("304 Not Modified", "304 Not Modified, although the request had no condition")]
    [InlineData("305 Use Proxy|Location: http://127.0.0.1:1/|Content-Length: 0", "that redirect is not followed")]
    [InlineData("400 Bad Request|Content-Length: 0", "400 Bad Request")]
    [InlineData("403 Forbidden|Content-Length: 0", "403 Forbidden; check the credentials")]
    [InlineData("404 Not Found|Content-Length: 0", "404 Not Found; check the address")]
    [InlineData("406 Not Acceptable|Content-Length: 0", "no form of the object that is not encoded")]
    [InlineData("407 Proxy Authentication Required|Content-Length: 0", "the proxy wants credentials")]
    [InlineData("410 Gone|Content-Length: 0", "410 Gone; check the address")]
    [InlineData("412 Precondition Failed|Content-Length: 0", "although no condition was asked for")]
    [InlineData("451 Unavailable For Legal Reasons|Content-Length: 0", "451 Unavailable For Legal Reasons")]
    [InlineData("501 Not Implemented|Content-Length: 0", "501 Not Implemented")]
    [InlineData("503 Service Unavailable|Retry-After: 86400|Content-Length: 0",
        "503 Service Unavailable; check the address and the server")]
    [InlineData("", "cannot open")]
    [InlineData("banana", "cannot open")]
    [InlineData("404 \u001b[2J\u0007|Content-Length: 0", "404 ?[2J?; check the address")]
    public async Task An_answer_without_the_object_is_refused_with_its_reason(string head, string reason)
        => await AssertRefused(_ => new ScriptedServer.Answer(head, [], Close: true), reason);

    [Theory]
    [InlineData("{count}", "prematurely", 0)]
    [InlineData("{count}", "opened", 1)]
    [InlineData("2", "Content-Length of 2 contradicts its Content-Range of 1 bytes", 2)]
    public async Task A_body_of_another_length_than_announced_is_refused(string length, string reason, int bytes)
    {
        await using ScriptedServer server = new(request => new ScriptedServer.Answer(
            $"206 Partial Content|Content-Range: bytes {request.From}-{request.From}/2|"
            + $"Content-Length: {length.Replace("{count}", "1", StringComparison.Ordinal)}{Tag}",
            new byte[bytes], Close: true));
        string message = "opened";
        try
        {
            await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        }
        catch (StorageException e)
        {
            message = e.Message;
        }

        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_longer_than_its_range_is_refused() => await AssertRefused(
        request => new ScriptedServer.Answer(
            $"206 Partial Content|Connection: close|Content-Range: bytes {request.From}-{request.To}/5000{Tag}", new byte[3], Close: true),
        "more bytes than it announced");

    [Theory]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes {from}-{to}/{total}|ETag: \"2\"",
        "changed while it was opened: its ETag was \"1\" and is \"2\"")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes {from}-{to}/{total}|ETag: W/\"1\"",
        "changed while it was opened: its ETag was \"1\" and is W/\"1\"")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes {from}-{to}/{total}|ETag: \"1-gzip\"",
        "its ETag was \"1\" and is \"1-gzip\"")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes {from}-{to}/{total}",
        "an answer lacks the ETag that the first one had")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes {from}-{to}/9999|ETag: \"1\"",
        "had 5000 bytes and has 9999")]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes 0-0/{total}|ETag: \"1\"",
        "asked for bytes 4999 to 4999, the server answered with bytes 0 to 0")]
    [InlineData("200 OK|Content-Length: {count}|ETag: \"1\"", "asked for a range, the server answered 200 OK")]
    [InlineData("416 Range Not Satisfiable|Connection: close|Content-Range: bytes */5000|ETag: \"1\"", "for bytes 4999 to 4999 of 5000")]
    [InlineData("416 Range Not Satisfiable|Connection: close|Content-Range: bytes */4000", "had 5000 bytes and has 4000")]
    public async Task A_server_whose_later_answers_are_not_like_the_first_is_refused(string later, string reason)
        => await AssertRefused(request => ScriptedServer.Filled(request, Content, request.From == 0 ? Range + Tag : later), reason);

    [Theory]
    [InlineData("206 Partial Content|Content-Length: {count}|Content-Range: bytes {from}-{to}/{total}|ETag: \"1\"", 5000)]
    [InlineData("200 OK|Content-Length: {count}|ETag: \"1\"", 5000)]
    public async Task A_request_for_all_bytes_may_be_answered_with_the_object(string answer, int count)
    {
        await using ScriptedServer server = new(
            request => ScriptedServer.Filled(request, Content, request.To - request.From == 4999 ? answer : Range + Tag));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Assert.Equal(Content, await storage.ReadBytes(0, count));
        await AssertReads(storage);
    }

    [Theory]
    [InlineData(1L << 31)]
    [InlineData(1L << 32)]
    [InlineData(1L << 53)]
    [InlineData(long.MaxValue)]
    public async Task An_object_may_be_of_any_length(long length)
    {
        await using ScriptedServer server = new(request => new ScriptedServer.Answer(
            $"206 Partial Content|Content-Length: {request.To - request.From + 1}|"
            + $"Content-Range: bytes {request.From}-{request.To}/{length}{Tag}",
            [.. Enumerable.Range(0, (int)(request.To - request.From + 1)).Select(i => (byte)((request.From + i) / 3))]));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Assert.Equal(length, storage.Length);
        byte[] end = await storage.ReadBytes(length - 1000, 1000);
        Assert.All(end.Index(), item => Assert.Equal((byte)((length - 1000 + item.Index) / 3), item.Item));
    }

    [Fact]
    public async Task A_length_that_HEAD_alone_knows_must_be_of_the_same_version()
    {
        await AssertRefused(
            request => request.Method == "HEAD" ? ScriptedServer.Good(request, Content, "ETag: \"2\"")
                : ScriptedServer.Filled(request, Content, Range.Replace("{total}", "*", StringComparison.Ordinal) + Tag),
            "does not say how long the object is");
    }

    [Fact]
    public async Task A_server_that_never_answers_is_refused_in_bounded_time()
    {
        await using ScriptedServer server = new(
            request => ScriptedServer.Good(request, Content) with { Before = c => Task.Delay(Timeout.Infinite, c) });
        HttpStorageOptions options = new() { MaxRetries = 2, RetryDelay = TimeSpan.Zero, StallTimeout = TimeSpan.FromMilliseconds(50) };
        StorageException e = await Assert.ThrowsAsync<StorageException>(
            () => HttpStorage.OpenAsync(server.Address, options).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("sent nothing for 0.05 s", e.Message, StringComparison.Ordinal);
    }

    private static async Task AssertOpens(string answer)
    {
        await using ScriptedServer server = new(
            request => request.Method == "HEAD" ? ScriptedServer.Good(request, Content) : ScriptedServer.Filled(request, Content, answer));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        await AssertReads(storage);
    }

    private static async Task AssertReads(HttpStorage storage)
    {
        Assert.Equal(Content.Length, storage.Length);
        Assert.Equal(Content, await storage.ReadBytes(0, Content.Length));
        Assert.Equal(Content[512..1024], await storage.ReadBytes(512, 512));
    }

    private static async Task AssertRefused(Func<ScriptedServer.Request, ScriptedServer.Answer> script, string reason)
    {
        await using ScriptedServer server = new(script);
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => HttpStorage.OpenAsync(server.Address, Fast));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Contains(server.Address.ToString(), e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }
}
