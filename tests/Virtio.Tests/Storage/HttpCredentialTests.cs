using System.Net.Http.Headers;
using System.Text;
using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class HttpCredentialTests
{
    private static readonly byte[] Content = Transfers.RandomBytes(5_000);
    private static readonly HttpStorageOptions Fast = HttpOptions.Fast(retries: 1);

    [Theory]
    [InlineData("user:password", "user:password")]
    [InlineData("user", "user:")]
    [InlineData("user:", "user:")]
    [InlineData(":password", ":password")]
    [InlineData("user:a:b", "user:a:b")]
    [InlineData("user:a%3Ab%40c%2Fd%25", "user:a:b@c/d%")]
    [InlineData("us%40er:p", "us@er:p")]
    [InlineData("us%C3%A9r:p%E2%82%AC", "us\u00e9r:p\u20ac")]
    [InlineData("user:100%", "user:100%")]
    public async Task A_user_of_the_address_is_sent_as_it_was_meant(string userInfo, string credentials)
    {
        await using ScriptedServer server = new(request => ScriptedServer.Good(request, Content));
        await using HttpStorage storage = await HttpStorage.OpenAsync(With(userInfo, server.Address), Fast);
        Assert.Equal(Content, await storage.ReadBytes(0, 5_000));
        string expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials));
        Assert.All(server.Requests, request => Assert.Equal(expected, request.Headers["Authorization"]));
    }

    [Fact]
    public async Task An_empty_user_is_none_and_one_with_a_colon_is_refused()
    {
        await using ScriptedServer server = new(request => ScriptedServer.Good(request, Content));
        await using HttpStorage storage = await HttpStorage.OpenAsync(With("", server.Address), Fast);
        Assert.DoesNotContain(server.Requests, request => request.Headers.ContainsKey("Authorization"));
        StorageException e = await Assert.ThrowsAsync<StorageException>(
            () => HttpStorage.OpenAsync(With("us%3Aer:secret", server.Address), Fast));
        Assert.Contains("a user name with a colon", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_survive_a_redirect_within_the_origin_and_stay_within_it()
    {
        await using ScriptedServer other = new(request => ScriptedServer.Good(request, Content));
        await using ScriptedServer server = new(request => request.Path switch
        {
            "/disk" => ScriptedServer.Empty("302 Found|Location: /inside"),
            "/out" => ScriptedServer.Empty($"302 Found|Location: http://other:other@{other.Address.Authority}/disk"),
            _ => ScriptedServer.Good(request, Content),
        });
        await using (HttpStorage storage = await HttpStorage.OpenAsync(With("user:secret", server.Address), Fast))
            await storage.ReadBytes(0, 100);
        Assert.Equal(4, server.Requests.Count);
        Assert.All(server.Requests, request => Assert.True(request.Headers.ContainsKey("Authorization")));

        await using (HttpStorage storage = await HttpStorage.OpenAsync(With("user:secret", server.At("out")), Fast))
            await storage.ReadBytes(0, 100);
        Assert.Equal(3, other.Requests.Count);
        Assert.All(other.Requests, request => Assert.False(request.Headers.ContainsKey("Authorization")));
    }

    [Fact]
    public async Task Credentials_do_not_come_back_once_a_redirect_has_left_the_origin()
    {
        ScriptedServer? server = null;
        await using ScriptedServer other = new(_ => ScriptedServer.Empty($"302 Found|Location: {server!.At("back")}"));
        await using (server = new(
            request => request.Path == "/disk" ? ScriptedServer.Empty($"302 Found|Location: {other.Address}")
                : ScriptedServer.Good(request, Content)))
        {
            await using HttpStorage storage = await HttpStorage.OpenAsync(With("user:secret", server.Address), Fast);
            Assert.All(server.Requests.Where(request => request.Path == "/back"), request
                => Assert.False(request.Headers.ContainsKey("Authorization")));
        }
    }

    [Theory]
    [InlineData("http://h/a", "http://h/b", true)]
    [InlineData("http://h/a", "http://h:80/b", true)]
    [InlineData("http://h/a", "http://H/b", true)]
    [InlineData("http://h/a", "http://h:81/b", false)]
    [InlineData("http://h/a", "https://h/b", false)]
    [InlineData("http://h/a", "http://x.h/b", false)]
    [InlineData("http://h/a", "http://h./b", false)]
    [InlineData("http://b\u00fccher/a", "http://xn--bcher-kva/b", true)]
    public void An_origin_is_scheme_host_and_port(string from, string to, bool same)
    {
        HttpTarget target = HttpTarget.Of(With("user:secret", new Uri(from))).MovedTo(new Uri(to));
        Assert.Equal(same, target.Authorization is not null);
        Assert.DoesNotContain("secret", target.Uri.ToString() + target.Name, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "Basic realm=\"x\"", "it wants credentials, given as in http://USER:PASSWORD@host/")]
    [InlineData("", "Digest realm=\"x\", nonce=\"y\"", "it wants credentials of a kind that an address cannot hold (Digest)")]
    [InlineData("", "Bearer|WWW-Authenticate: Negotiate", "it wants credentials of a kind that an address cannot hold (Bearer, Negotiate)")]
    [InlineData("user:secret", "Basic realm=\"x\"", "check the credentials, which it does not accept")]
    [InlineData("user:secret", "Bearer", "it wants credentials of another kind than a user name and password (Bearer)")]
    public async Task A_challenge_is_answered_with_what_to_do(string userInfo, string challenge, string advice)
    {
        await using ScriptedServer server = new(_ => ScriptedServer.Empty("401 Unauthorized|WWW-Authenticate: " + challenge));
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => HttpStorage.OpenAsync(With(userInfo, server.Address), Fast));
        Assert.Contains("401 Unauthorized; " + advice, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.ToString(), StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task The_path_and_the_query_are_sent_as_they_were_given()
    {
        await using ScriptedServer server = new(request => ScriptedServer.Good(request, Content));
        Uri address = new(server.Address, "/a%2Fb%20c/%C3%A9;v=1?sig=a%2Bb%3D&x=%C3%A9&y=z+z");
        await using HttpStorage storage = await HttpStorage.OpenAsync(With("user:secret", address), Fast);
        Assert.All(server.Requests, request => Assert.Equal("/a%2Fb%20c/%C3%A9;v=1?sig=a%2Bb%3D&x=%C3%A9&y=z+z", request.Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_authorization_of_a_callers_client_goes_to_no_other_server(bool followsRedirects)
    {
        await using ScriptedServer other = new(request => ScriptedServer.Good(request, Content));
        await using ScriptedServer server = new(_ => ScriptedServer.Empty($"302 Found|Location: {other.Address}"));
        using SocketsHttpHandler handler = new() { AllowAutoRedirect = followsRedirects };
        using HttpClient client = new(handler);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "secret");
        if (followsRedirects)
        {
            await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, new HttpStorageOptions { Client = client });
            Assert.Equal(Content, await storage.ReadBytes(0, 5_000));
        }
        else
        {
            StorageException e = await Assert.ThrowsAsync<StorageException>(
                () => HttpStorage.OpenAsync(server.Address, new HttpStorageOptions { Client = client }));
            Assert.Contains("the client's own Authorization header would go there", e.Message, StringComparison.Ordinal);
        }

        Assert.All(other.Requests, request => Assert.False(request.Headers.ContainsKey("Authorization")));
    }

    [Fact]
    public async Task A_callers_client_that_follows_redirects_keeps_the_target_and_the_users_credentials()
    {
        await using ScriptedServer server = new(request => request.Path == "/disk" ? ScriptedServer.Empty("302 Found|Location: /inside")
            : request.Headers.ContainsKey("Authorization") ? ScriptedServer.Good(request, Content)
            : ScriptedServer.Empty("401 Unauthorized"));
        using HttpClient client = new();
        await using HttpStorage storage = await HttpStorage.OpenAsync(
            With("user:secret", server.Address), new HttpStorageOptions { Client = client });
        Assert.Equal(Content, await storage.ReadBytes(0, 5_000));
        Assert.Single(server.Requests, request => request.Path == "/disk");
    }

    [Fact]
    public async Task No_cookie_is_sent()
    {
        await using ScriptedServer server = new(request => ScriptedServer.Good(request, Content, "ETag: \"1\"|Set-Cookie: a=b; Path=/"));
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address, Fast);
        await storage.ReadBytes(0, 100);
        Assert.DoesNotContain(server.Requests, request => request.Headers.ContainsKey("Cookie"));
    }

    private static Uri With(string userInfo, Uri address)
        => new(address.AbsoluteUri.Replace("://", $"://{userInfo}@", StringComparison.Ordinal));
}
