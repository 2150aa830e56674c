using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class HttpRedirectTests
{
    private static readonly byte[] Content = Transfers.RandomBytes(5_000);
    private static readonly HttpStorageOptions Fast = HttpOptions.Fast(retries: 3);

    [Theory]
    [InlineData("300 Multiple Choices")]
    [InlineData("301 Moved Permanently")]
    [InlineData("302 Found")]
    [InlineData("303 See Other")]
    [InlineData("307 Temporary Redirect")]
    [InlineData("308 Permanent Redirect")]
    public async Task A_redirect_is_followed_once_and_every_range_goes_to_where_it_led(string status)
    {
        await using ScriptedServer mirror = new(request => ScriptedServer.Good(request, Content));
        await using ScriptedServer server = new(_ => ScriptedServer.Empty($"{status}|Location: {mirror.At("copy?key=a%2Bb")}#fragment"));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        for (int i = 0; i < 3; i++)
            Assert.Equal(Content, await storage.ReadBytes(0, 5_000));

        Assert.Equal("bytes=0-0", Assert.Single(server.Requests).Headers["Range"]);
        Assert.Equal(2 + 3, mirror.Requests.Count);
        Assert.All(mirror.Requests, request => Assert.Equal("/copy?key=a%2Bb", request.Path));
    }

    [Theory]
    [InlineData("copy")]
    [InlineData("/copy")]
    [InlineData("./copy")]
    [InlineData("../copy")]
    [InlineData("?copy")]
    [InlineData("//{authority}/copy")]
    [InlineData("HTTP://{authority}/copy")]
    [InlineData("/c\u00c3\u00b6py", "/c%C3%B6py")]
    [InlineData("/with blank", "/with%20blank")]
    public async Task Each_form_of_a_location_is_followed(string location, string path = "")
    {
        await using ScriptedServer server = new(request => request.Path == "/disk"
            ? ScriptedServer.Empty(
            $"302 Found|Location: {location.Replace("{authority}", request.Headers["Host"], StringComparison.Ordinal)}")
            : ScriptedServer.Good(request, Content));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Assert.Equal(Content, await storage.ReadBytes(0, 5_000));
        Assert.Equal([0, 0, 4999, 0], server.Requests.Select(request => request.From));
        if (path.Length > 0)
            Assert.Equal(path, server.Requests.Last().Path);
    }

    [Theory]
    [InlineData("302 Found", "302 Found without saying where to")]
    [InlineData("302 Found|Location:", "302 Found without saying where to")]
    [InlineData("302 Found|Location: /a|Location: /b", "several Locations that differ")]
    [InlineData("302 Found|Location: http://", "a Location that is no address")]
    [InlineData("302 Found|Location: file:///etc/passwd", "scheme 'file', which is not followed")]
    [InlineData("302 Found|Location: ftp://127.0.0.1/disk", "scheme 'ftp', which is not followed")]
    [InlineData("302 Found|Location: data:,x", "scheme 'data', which is not followed")]
    [InlineData("302 Found|Location: /disk", "lead in a circle")]
    [InlineData("302 Found|Location: #elsewhere", "lead in a circle")]
    public async Task A_redirect_that_leads_nowhere_is_refused(string answer, string reason)
    {
        await using ScriptedServer server = new(_ => ScriptedServer.Empty(answer));
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => HttpStorage.OpenAsync(server.Address, Fast));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Contains(server.Address.ToString(), e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("http://secret:secret@no-such-host.invalid/secret?secret")]
    [InlineData("http://secret:secret@127.0.0.1:1/secret?secret")]
    public async Task A_redirect_to_a_server_that_is_away_is_asked_for_again(string location)
    {
        await using ScriptedServer server = new(_ => ScriptedServer.Empty("302 Found|Location: " + location));
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => HttpStorage.OpenAsync(server.Address, Fast));
        Assert.Contains($"cannot open {server.Address}", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.ToString(), StringComparison.Ordinal);
        Assert.Equal(4, server.Requests.Count);

        await using ScriptedServer two = new(request => request.Path != "/disk" ? ScriptedServer.Good(request, Content)
            : ScriptedServer.Empty("302 Found|Location: " + (request.Number == 1 ? location : "/copy")));
        await using HttpStorage storage = await HttpStorage.OpenAsync(two.Address, Fast);
        Assert.Equal(Content, await storage.ReadBytes(0, 5_000));
    }

    [Fact]
    public async Task Redirects_without_end_are_refused()
    {
        await using ScriptedServer server = new(request => ScriptedServer.Empty($"302 Found|Location: {request.Path}x"));
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => HttpStorage.OpenAsync(server.Address, Fast));
        Assert.Contains("redirects more than 10 times", e.Message, StringComparison.Ordinal);
        Assert.Equal(10, server.Requests.Count);
    }

    [Fact]
    public void A_redirect_from_https_to_http_is_refused()
    {
        using HttpResponseMessage response = new(System.Net.HttpStatusCode.Found);
        response.Headers.TryAddWithoutValidation("Location", "http://h/disk");
        StorageException e = Assert.Throws<StorageException>(
            () => HttpRedirect.LocationOf("n", HttpTarget.Of(new Uri("https://h/disk")), response));
        Assert.Contains("from https to http at h, which is not followed", e.Message, StringComparison.Ordinal);
        Assert.Equal(new Uri("http://h/disk"), HttpRedirect.LocationOf("n", HttpTarget.Of(new Uri("http://h/x")), response));
    }

    [Theory]
    [InlineData("401 Unauthorized")]
    [InlineData("403 Forbidden")]
    [InlineData("404 Not Found")]
    [InlineData("410 Gone")]
    [InlineData("400 Bad Request")]
    [InlineData("503 Service Unavailable")]
    [InlineData("302 Found|Location: /disk?expired")]
    [InlineData("")]
    public async Task A_target_that_fails_or_expires_is_found_again_from_the_first_address(string failure)
    {
        int signature = 0;
        await using ScriptedServer server = new(request =>
            request.Path == "/disk" ? ScriptedServer.Empty($"302 Found|Location: /copy?signature={Interlocked.Increment(ref signature)}")
            : request.Path == "/copy?signature=1" && !request.IsOpening && request.Number > 4 ? failure.Length == 0
            ? ScriptedServer.Hangup() : ScriptedServer.Empty(failure)
            : ScriptedServer.Good(request, Content));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        for (int i = 0; i < 3; i++)
            Assert.Equal(Content[..100], await storage.ReadBytes(0, 100));
        Assert.Equal(2, server.Requests.Count(request => request.Path == "/disk"));
    }

    [Fact]
    public async Task A_target_that_is_gone_for_good_is_an_error_that_names_its_server()
    {
        bool isGone = false;
        await using ScriptedServer mirror = new(
            request => Volatile.Read(ref isGone) ? ScriptedServer.Empty("404 Not Found") : ScriptedServer.Good(request, Content));
        await using ScriptedServer server = new(_ => ScriptedServer.Empty($"302 Found|Location: {mirror.At("secret?secret")}"));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Volatile.Write(ref isGone, true);
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 100));
        Assert.Contains($"404 Not Found (redirected to {mirror.Address.GetLeftPart(UriPartial.Authority)})", e.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mirrors_take_turns_and_differ_but_reads_stay_at_one()
    {
        await using ScriptedServer one = new(request => ScriptedServer.Good(request, Content, "ETag: \"one\""));
        await using ScriptedServer two = new(request => ScriptedServer.Good(request, Content, "ETag: \"two\""));
        await using ScriptedServer server = new(
            request => ScriptedServer.Empty($"302 Found|Location: {(request.Number % 2 == 1 ? one : two).Address}"));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        for (int i = 0; i < 5; i++)
            Assert.Equal(Content, await storage.ReadBytes(0, 5_000));
        Assert.Empty(two.Requests);
    }

    [Fact]
    public async Task A_mirror_with_another_copy_is_named_and_does_not_end_the_disk()
    {
        bool isAway = false;
        await using ScriptedServer one = new(
            request => Volatile.Read(ref isAway) ? ScriptedServer.Hangup() : ScriptedServer.Good(request, Content, "ETag: \"one\""));
        await using ScriptedServer two = new(request => ScriptedServer.Good(request, Content, "ETag: \"two\""));
        await using ScriptedServer server = new(
            _ => ScriptedServer.Empty($"302 Found|Location: {(Volatile.Read(ref isAway) ? two : one).Address}"));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);

        Volatile.Write(ref isAway, true);
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 100));
        Assert.Contains($"redirects to {two.Address.GetLeftPart(UriPartial.Authority)} now", e.Message, StringComparison.Ordinal);
        Assert.Contains("its ETag was \"one\" and is \"two\"; mirrors must hold the same object", e.Message, StringComparison.Ordinal);

        Volatile.Write(ref isAway, false);
        Assert.Equal(Content[..100], await storage.ReadBytes(0, 100));
    }

    [Fact]
    public async Task A_mirror_with_the_same_copy_takes_over()
    {
        bool isAway = false;
        await using ScriptedServer one = new(
            request => Volatile.Read(ref isAway) ? ScriptedServer.Hangup() : ScriptedServer.Good(request, Content));
        await using ScriptedServer two = new(request => ScriptedServer.Good(request, Content));
        await using ScriptedServer server = new(
            _ => ScriptedServer.Empty($"302 Found|Location: {(Volatile.Read(ref isAway) ? two : one).Address}"));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Volatile.Write(ref isAway, true);
        Assert.Equal(Content[..100], await storage.ReadBytes(0, 100));
        Assert.Equal(Content[100..200], await storage.ReadBytes(100, 100));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task The_object_that_changes_at_its_target_has_changed()
    {
        bool isReplaced = false;
        await using ScriptedServer server = new(request => request.Path == "/disk"
            ? ScriptedServer.Empty("302 Found|Location: /copy")
            : ScriptedServer.Good(request, Content, Volatile.Read(ref isReplaced) ? "ETag: \"2\"" : "ETag: \"1\""));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Volatile.Write(ref isReplaced, true);
        Assert.Contains("has changed since", (await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 10))).Message,
            StringComparison.Ordinal);
    }
}
