using System.Net;
using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class HttpStorageVersionTests
{
    private const string Monday = "Mon, 06 Jan 2020 10:00:00 GMT";
    private const string Tuesday = "Tue, 07 Jan 2020 10:00:00 GMT";
    private static readonly byte[] Content = Transfers.RandomBytes(50_000);

    [Theory]
    [InlineData("ETag: \"1\"", "If-Match", "\"1\"")]
    [InlineData("ETag: \"1\"|Last-Modified: " + Monday, "If-Match", "\"1\"")]
    [InlineData("ETag: W/\"1\"|Last-Modified: " + Monday, "If-Unmodified-Since", Monday)]
    [InlineData("Last-Modified: " + Monday, "If-Unmodified-Since", Monday)]
    public async Task Every_request_is_tied_to_the_version_by_its_strongest_sign(string version, string header, string value)
    {
        await using ScriptedServer server = new(request => ScriptedServer.Good(request, Content, version));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address);
        Assert.Equal(Content[..10], await storage.ReadBytes(0, 10));
        ScriptedServer.Request get = server.Requests.Last();
        Assert.Equal(value, get.Headers[header]);
        Assert.Equal("identity", get.Headers["Accept-Encoding"]);
        Assert.DoesNotContain(get.Headers, h => h.Key != header && h.Key.StartsWith("If-", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("ETag: \"1\"", "ETag: \"2\"")]
    [InlineData("ETag: \"1\"", "ETag: W/\"1\"")]
    [InlineData("ETag: W/\"1\"|Last-Modified: " + Monday, "ETag: W/\"2\"|Last-Modified: " + Monday)]
    [InlineData("ETag: W/\"1\"|Last-Modified: " + Monday, "ETag: W/\"1\"|Last-Modified: " + Tuesday)]
    [InlineData("Last-Modified: " + Monday, "Last-Modified: " + Tuesday)]
    public async Task Another_version_from_a_server_that_knows_no_conditions_fails_that_read_and_all_later_ones(string first, string later)
    {
        await using ScriptedServer server = new(request => ScriptedServer.Good(request, Content, request.Number == 4 ? later : first));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address);
        Assert.Equal(Content[..10], await storage.ReadBytes(0, 10));
        for (int i = 0; i < 3; i++)
        {
            StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 10));
            Assert.Contains("has changed since it was opened", e.Message, StringComparison.Ordinal);
        }

        // No further request is made once the change is known.
        Assert.Equal(4, server.Requests.Count);
    }

    [Theory]
    [InlineData("416 Range Not Satisfiable|Content-Range: bytes */7|Content-Length: 0")]
    [InlineData("200 OK|ETag: \"2\"|Content-Length: 0")]
    public async Task A_server_that_says_that_the_version_is_gone_is_believed(string answer)
    {
        await using ScriptedServer server = new(
            request => request.Number == 3 ? new ScriptedServer.Answer(answer, []) : ScriptedServer.Good(request, Content));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address);
        for (int i = 0; i < 2; i++)
            Assert.Contains("has changed", (await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 10))).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_seen_between_two_halves_of_one_body_is_never_mixed_in()
    {
        byte[] replaced = Transfers.RandomBytes(50_000, seed: 2);
        await using ScriptedServer server = new(request => request.Number switch
        {
            1 or 2 => ScriptedServer.Good(request, Content),
            3 => ScriptedServer.Good(request, Content) with { Body = Content[..500], Close = true },
            _ => ScriptedServer.Good(request, replaced, "ETag: \"2\""),
        });
        await using HttpStorage storage = await HttpStorage.OpenAsync(
            server.Address, new HttpStorageOptions { RetryDelay = TimeSpan.FromMilliseconds(1) });
        Assert.Contains("has changed", (await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 1000))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_its_version_is_an_error_but_no_change()
    {
        await using ScriptedServer server = new(
            request => ScriptedServer.Good(request, Content, request.Number is 3 or 4 ? "X: y" : "ETag: \"1\""));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address);
        Assert.Contains("lacks the ETag", (await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 10))).Message,
            StringComparison.Ordinal);
        Assert.Equal(Content[..10], await storage.ReadBytes(0, 10));
    }

    [Theory]
    [InlineData("X: y")]
    [InlineData("ETag: W/\"1\"")]
    public async Task An_object_without_a_usable_version_is_refused_unless_allowed(string version)
    {
        await using ScriptedServer server = new(request => ScriptedServer.Good(request, Content, version));
        Assert.Contains("neither a strong ETag nor a Last-Modified",
            (await Assert.ThrowsAsync<StorageException>(() => HttpStorage.OpenAsync(server.Address))).Message, StringComparison.Ordinal);
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, new HttpStorageOptions { AllowUnvalidated = true });
        Assert.Equal(Content[..10], await storage.ReadBytes(0, 10));
    }

    [Fact]
    public async Task Credentials_in_the_address_are_sent_and_never_told()
    {
        ListLogger logger = new();
        await using ScriptedServer server = new(
            request => request.Number < 4 ? ScriptedServer.Good(request, Content)
                : new ScriptedServer.Answer("500 Oh|Content-Length: 0", []));
        Uri address = new UriBuilder(server.Address) { UserName = "me", Password = "s%40cret", Query = "signature=s3cret" }.Uri;
        HttpStorageOptions options = new() { Logger = logger, MaxRetries = 1, RetryDelay = TimeSpan.Zero };
        await using HttpStorage storage = await HttpStorage.OpenAsync(address, options);
        await storage.ReadBytes(0, 1);
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 1));

        Assert.All(server.Requests, r => Assert.Equal("Basic " + Convert.ToBase64String("me:s@cret"u8), r.Headers["Authorization"]));
        Assert.All(server.Requests, r => Assert.Equal("/disk?signature=s3cret", r.Path));
        Assert.NotEmpty(logger.Lines);
        Assert.All(logger.Lines.Select(l => l.Text).Append(e.ToString()), text
            => Assert.DoesNotContain("cret", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_of_the_caller_is_used_and_outlives_the_storage()
    {
        await using ScriptedServer server = new(request => ScriptedServer.Good(request, Content));
        using HttpClient client = new();
        client.DefaultRequestHeaders.Add("X-Mine", "yes");
        HttpStorage storage = await HttpStorage.OpenAsync(server.Address, new HttpStorageOptions { Client = client });
        await storage.ReadBytes(0, 1);
        await storage.DisposeAsync();

        Assert.All(server.Requests, r => Assert.Equal("yes", r.Headers["X-Mine"]));
        using HttpResponseMessage response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, server.Address));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Ranges_outside_and_arguments_out_of_range_are_refused()
    {
        await using ScriptedServer server = new(request => ScriptedServer.Good(request, Content));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address);
        foreach ((long offset, int count) in new[] { (-1L, 1), (50_000L, 1), (0L, 50_001), (long.MaxValue, 1) })
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => storage.ReadBytes(offset, count));
        await Assert.ThrowsAsync<ArgumentException>(() => HttpStorage.OpenAsync(new Uri("ftp://host/disk")));
        await Assert.ThrowsAsync<ArgumentException>(() => HttpStorage.OpenAsync(new Uri("disk", UriKind.Relative)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => HttpStorage.OpenAsync(server.Address, new HttpStorageOptions { MaxParallelRequests = 0 }));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_told_at_once()
    {
        StorageException e = await Assert.ThrowsAsync<StorageException>(
            () => HttpStorage.OpenAsync(new Uri("http://no-such-host.invalid/disk")));
        Assert.Contains("cannot open http://no-such-host.invalid/disk", e.Message, StringComparison.Ordinal);
    }
}
