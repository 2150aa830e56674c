using Virtio.Storage;

namespace Virtio.Tests.Storage;

/// <summary>Servers that handle conditional requests wrongly, and transient faults that look like a change.</summary>
public sealed class HttpConditionTests
{
    private const string Monday = "Mon, 06 Jan 2020 10:00:00 GMT";
    private static readonly byte[] Content = Transfers.RandomBytes(5_000);
    private static readonly HttpStorageOptions Fast = HttpOptions.Fast(retries: 3);

    [Theory]
    [InlineData("412 Precondition Failed", "ETag: \"1\"")]
    [InlineData("412 Precondition Failed|ETag: \"1\"", "ETag: \"1\"")]
    [InlineData("412 Precondition Failed", "Last-Modified: " + Monday)]
    [InlineData("412 Precondition Failed", "Last-Modified: Monday, 06-Jan-20 10:00:00 GMT")]
    [InlineData("304 Not Modified", "ETag: \"1\"")]
    [InlineData("400 Bad Request", "ETag: \"1\"")]
    [InlineData("403 Forbidden", "ETag: \"1\"")]
    [InlineData("405 Method Not Allowed", "ETag: \"1\"")]
    [InlineData("500 Internal Server Error", "ETag: \"1\"")]
    [InlineData("501 Not Implemented", "ETag: \"1\"")]
    public async Task A_server_that_fails_every_conditional_request_is_asked_without_and_its_version_compared_here(
        string refusal, string version)
    {
        bool isReplaced = false;
        await using ScriptedServer server = new(request => request.IsConditional
            ? ScriptedServer.Empty(refusal)
            : ScriptedServer.Good(
            request, Content, Volatile.Read(ref isReplaced) ? "ETag: \"2\"|Last-Modified: Tue, 07 Jan 2020 10:00:00 GMT" : version));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Assert.Equal(Content, await storage.ReadBytes(0, 5_000));
        Assert.Equal(Content[..10], await storage.ReadBytes(0, 10));

        // The condition is sent once, at opening; after that the storage knows that the server refuses it.
        Assert.Single(server.Requests, request => request.IsConditional);
        Assert.Equal(5, server.Requests.Count);
        Volatile.Write(ref isReplaced, true);
        Assert.Contains("has changed since", (await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 10))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_names_no_version_in_answers_to_conditional_requests_is_asked_without()
    {
        await using ScriptedServer server = new(
            request => ScriptedServer.Good(request, Content, request.IsConditional ? "X: y" : "ETag: \"1\""));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Assert.Equal(Content[..10], await storage.ReadBytes(0, 10));
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_names_a_version_only_at_first_is_refused_unless_allowed()
    {
        await using ScriptedServer server = new(
            request => ScriptedServer.Good(request, Content, request.From == 0 && request.To == 0 ? "ETag: \"1\"" : "X: y"));
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => HttpStorage.OpenAsync(server.Address, Fast));
        Assert.Contains("an answer lacks the ETag that the first one had", e.Message, StringComparison.Ordinal);
        Assert.EndsWith("or allow that with HttpStorageOptions.AllowUnvalidated", e.Message, StringComparison.Ordinal);
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, new HttpStorageOptions { AllowUnvalidated = true });
        Assert.Equal(Content[..10], await storage.ReadBytes(0, 10));
        Assert.Equal(3 + 3, server.Requests.Count);
    }

    [Theory]
    [InlineData("ETag: W/\"{number}\"")]
    [InlineData("Date: Mon, 06 Jan 2020 10:00:0{number} GMT|Last-Modified: Mon, 06 Jan 2020 10:00:0{number} GMT")]
    public async Task A_version_that_cannot_be_used_may_differ_in_each_answer_where_that_is_allowed(string version)
    {
        await using ScriptedServer server = new(
            request => ScriptedServer.Good(request, Content, version.Replace("{number}", $"{request.Number}", StringComparison.Ordinal)));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, new HttpStorageOptions { AllowUnvalidated = true });
        Assert.Equal(Content, await storage.ReadBytes(0, 5_000));
        Assert.DoesNotContain(server.Requests, request => request.IsConditional);
    }

    [Fact]
    public async Task A_412_for_a_version_that_is_gone_is_a_change()
    {
        bool isReplaced = false;
        await using ScriptedServer server = new(request => !Volatile.Read(ref isReplaced) ? ScriptedServer.Good(request, Content)
            : request.IsConditional ? ScriptedServer.Empty("412 Precondition Failed")
            : ScriptedServer.Good(request, Content, "ETag: \"2\""));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Volatile.Write(ref isReplaced, true);
        for (int i = 0; i < 2; i++)
        {
            StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 10));
            Assert.Contains("has changed since it was opened: its ETag was \"1\" and is \"2\"", e.Message, StringComparison.Ordinal);
        }

        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_412_for_the_version_that_is_there_is_no_change()
    {
        await using ScriptedServer server = new(
            request => request.Number == 3 ? ScriptedServer.Empty("412 Precondition Failed") : ScriptedServer.Good(request, Content));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Assert.Equal(Content[..10], await storage.ReadBytes(0, 10));
    }

    [Theory]
    [InlineData("ETag: unquoted")]
    [InlineData("ETag: \"caf\u00e9\"")]
    public async Task A_version_that_no_condition_can_carry_is_compared_here_alone(string version)
    {
        await using ScriptedServer server = new(
            request => ScriptedServer.Good(request, Content, request.Number < 4 ? version : "ETag: \"2\""));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Assert.Equal(Content[..10], await storage.ReadBytes(0, 10));
        Assert.DoesNotContain(server.Requests, request => request.IsConditional);
        Assert.Contains("has changed since", (await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 10))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_weak_tag_is_never_sent_and_a_date_beside_a_strong_tag_neither()
    {
        foreach (string version in new[] { "ETag: W/\"1\"|Last-Modified: " + Monday, "ETag: \"1\"|Last-Modified: " + Monday })
        {
            await using ScriptedServer server = new(request => ScriptedServer.Good(request, Content, version));
            await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
            Assert.DoesNotContain(
                server.Requests, request => request.Headers.Values.Any(value => value.StartsWith("W/", StringComparison.Ordinal)));
            Assert.All(server.Requests, request => Assert.False(request.Headers.ContainsKey("If-Range")));
            Assert.All(server.Requests, request
                => Assert.False(request.Headers.ContainsKey("If-Match") && request.Headers.ContainsKey("If-Unmodified-Since")));
        }
    }

    [Theory]
    [InlineData("416 Range Not Satisfiable|Content-Range: bytes */5000")]
    [InlineData("416 Range Not Satisfiable|Content-Range: bytes */5000|ETag: \"1\"")]
    [InlineData("416 Range Not Satisfiable|Content-Range: Bytes  * / 5000")]
    [InlineData("416 Range Not Satisfiable")]
    [InlineData("200 OK|ETag: \"1\"")]
    [InlineData("200 OK")]
    [InlineData("203 Non-Authoritative Information")]
    public async Task A_single_answer_that_is_no_range_is_retried(string answer)
    {
        await using ScriptedServer server = new(
            request => request.Number == 3 ? ScriptedServer.Empty(answer) : ScriptedServer.Good(request, Content));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Assert.Equal(Content[..10], await storage.ReadBytes(0, 10));
        Assert.Equal(4, server.Requests.Count);
    }

    [Theory]
    [InlineData("416 Range Not Satisfiable|Content-Range: bytes */5000",
        "416 Range Not Satisfiable for bytes 0 to 9 of 5000 (given up after 3 retries)")]
    [InlineData("416 Range Not Satisfiable", "416 Range Not Satisfiable for bytes 0 to 9 of 5000 (given up after 3 retries)")]
    [InlineData("200 OK|ETag: \"1\"", "asked for a range, the server answered 200 OK; it must serve ranges (given up after 3 retries)")]
    public async Task An_answer_that_stays_no_range_is_an_error_with_the_reason(string answer, string reason)
    {
        await using ScriptedServer server = new(
            request => request.IsOpening ? ScriptedServer.Good(request, Content) : ScriptedServer.Empty(answer));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        Assert.Contains(reason, (await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 10))).Message,
            StringComparison.Ordinal);
        Assert.Equal(2 + 4, server.Requests.Count);
    }

    [Theory]
    [InlineData("416 Range Not Satisfiable|Content-Range: bytes */6000")]
    [InlineData("416 Range Not Satisfiable|Content-Range: bytes */0")]
    [InlineData("416 Range Not Satisfiable|Content-Range: bytes */5000|ETag: \"2\"")]
    public async Task An_unsatisfied_range_of_another_version_is_a_change(string answer)
    {
        await using ScriptedServer server = new(
            request => request.Number == 3 ? ScriptedServer.Empty(answer) : ScriptedServer.Good(request, Content));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        for (int i = 0; i < 2; i++)
            Assert.Contains("has changed", (await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 10))).Message,
                StringComparison.Ordinal);
        Assert.Equal(3, server.Requests.Count);
    }
}
