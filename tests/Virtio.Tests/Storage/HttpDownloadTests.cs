using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class HttpDownloadTests
{
    private static readonly byte[] Content = Transfers.RandomBytes(300_000);
    private static readonly HttpStorageOptions Fast = HttpOptions.Fast(retries: 3);

    [Theory]
    [InlineData("200 OK|Content-Length: 300000")]
    [InlineData("200 OK|Connection: close")]
    [InlineData("200 OK|Content-Length: 300000|Accept-Ranges: none")]
    [InlineData("200 OK|Content-Length: 300000|Content-Encoding: x-gzip")]
    public async Task A_server_needs_neither_ranges_nor_versions(string head)
    {
        await using ScriptedServer server = new(_ => new ScriptedServer.Answer(head, Content, Close: true));
        Assert.Equal(Content, await Download(server.Address));
        Assert.False(Assert.Single(server.Requests).Headers.ContainsKey("Range"));
    }

    [Theory]
    [InlineData("ETag: \"1\"", "\"1\"")]
    [InlineData("Last-Modified: Mon, 06 Jan 2020 10:00:00 GMT", "Mon, 06 Jan 2020 10:00:00 GMT")]
    public async Task A_download_that_breaks_off_goes_on_where_it_ended(string version, string condition)
    {
        await using ScriptedServer server = new(request => request.Number == 1
            ? new ScriptedServer.Answer($"200 OK|Content-Length: 300000|{version}", Content[..200_000], Close: true)
            : ScriptedServer.Filled(
            request with { To = 299_999 }, Content,
                $"206 Partial Content|Content-Length: {{count}}|Content-Range: bytes {{from}}-{{to}}/{{total}}|{version}"));
        Assert.Equal(Content, await Download(server.Address));
        ScriptedServer.Request rest = server.Requests.Last();
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal(condition, rest.Headers["If-Range"]);
        Assert.True(rest.From > 0);
    }

    [Theory]
    [InlineData("X: y", "200 OK|X: y", false)]
    [InlineData("ETag: W/\"1\"|Last-Modified: Mon, 06 Jan 2020 10:00:00 GMT", "200 OK|X: y", false)]
    [InlineData("ETag: \"1\"", "200 OK|ETag: \"2\"", true)]
    [InlineData("ETag: \"1\"", "206 Partial Content|Content-Range: bytes {from}-299999/300000|ETag: \"2\"", true)]
    [InlineData("ETag: \"1\"", "206 Partial Content|Content-Range: bytes 0-299999/300000|ETag: \"1\"", true)]
    [InlineData("ETag: \"1\"", "416 Range Not Satisfiable|Content-Range: bytes */5", true)]
    public async Task A_download_that_cannot_go_on_starts_again(string version, string later, bool asksForTheRest)
    {
        byte[] replaced = Transfers.RandomBytes(300_000, seed: 2);
        await using ScriptedServer server = new(request => request.Number switch
        {
            1 => new ScriptedServer.Answer($"200 OK|Content-Length: 300000|{version}", Content[..200_000], Close: true),
            2 when !later.StartsWith("200", StringComparison.Ordinal)
                => ScriptedServer.Empty(later.Replace("{from}", $"{request.From}", StringComparison.Ordinal)),
            _ => new ScriptedServer.Answer(
                $"{(later.StartsWith("200", StringComparison.Ordinal) ? later : "200 OK")}|Content-Length: 300000", replaced),
        });
        Assert.Equal(replaced, await Download(server.Address));
        Assert.Equal(asksForTheRest, server.Requests.ElementAt(1).Headers.ContainsKey("Range"));
        Assert.False(server.Requests.Count > 2 && server.Requests.Last().Headers.ContainsKey("Range"));
    }

    [Fact]
    public async Task Redirects_credentials_and_retries_are_those_of_a_disk()
    {
        await using ScriptedServer server = new(request => request.Number switch
        {
            1 => ScriptedServer.Empty("302 Found|Location: /copy"),
            2 => ScriptedServer.Empty("503 Service Unavailable"),
            3 => ScriptedServer.Empty("302 Found|Location: /copy"),
            _ => new ScriptedServer.Answer("200 OK|Content-Length: 300000", Content),
        });
        Uri address = new UriBuilder(server.Address) { UserName = "me" }.Uri;
        Assert.Equal(Content, await Download(address));
        Assert.All(server.Requests, request => Assert.Equal("Basic " + Convert.ToBase64String("me:"u8), request.Headers["Authorization"]));
    }

    [Theory]
    [InlineData("404 Not Found", "404 Not Found; check the address")]
    [InlineData("401 Unauthorized|WWW-Authenticate: Basic", "it wants credentials")]
    [InlineData("206 Partial Content|Content-Range: bytes 0-0/1", "it must answer 200")]
    [InlineData("204 No Content", "it must answer 200")]
    [InlineData("302 Found|Location: file:///etc/passwd", "scheme 'file'")]
    [InlineData("503 Service Unavailable", "cannot download")]
    public async Task What_carries_no_object_is_refused(string answer, string reason)
    {
        await using ScriptedServer server = new(
            _ => answer.StartsWith("204", StringComparison.Ordinal) ? new ScriptedServer.Answer(answer, []) : ScriptedServer.Empty(answer));
        Assert.Contains(reason, (await Assert.ThrowsAsync<StorageException>(() => Download(server.Address))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_is_told_up_to_the_end_and_the_destination_is_cut_to_the_length()
    {
        await using ScriptedServer server = new(_ => new ScriptedServer.Answer("200 OK|Content-Length: 300000", Content));
        Steps steps = new();
        using MemoryStream destination = new();
        destination.SetLength(1_000_000);
        Assert.Equal(300_000, await HttpDownload.CopyAsync(server.Address, destination, Fast, steps));
        Assert.Equal(Content, destination.ToArray());
        Assert.Equal(new HttpDownloadProgress(0, 300_000), steps.List[0]);
        Assert.Equal(new HttpDownloadProgress(300_000, 300_000), steps.List[^1]);
    }

    [Fact]
    public async Task Cancelling_ends_a_download()
    {
        await using ScriptedServer server = new(
            _ => new ScriptedServer.Answer(
                "200 OK|Content-Length: 300000", Content[..10])
            { After = c => Task.Delay(Timeout.Infinite, c) });
        using CancellationTokenSource cancelling = new();
        Task<long> download = HttpDownload.CopyAsync(
            server.Address, new MemoryStream(), Fast, new Cancelling(cancelling), cancelling.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => download.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private static async Task<byte[]> Download(Uri address)
    {
        using MemoryStream destination = new();
        await HttpDownload.CopyAsync(address, destination, Fast);
        return destination.ToArray();
    }

    private sealed class Steps : IProgress<HttpDownloadProgress>
    {
        public List<HttpDownloadProgress> List { get; } = [];

        public void Report(HttpDownloadProgress value) => List.Add(value);
    }

    private sealed class Cancelling(CancellationTokenSource source) : IProgress<HttpDownloadProgress>
    {
        public void Report(HttpDownloadProgress value) => source.Cancel();
    }
}
