using Virtio.Tests.Storage;

namespace Virtio.Cli.Tests.Processes;

/// <summary><c>--kernel</c>, <c>--initrd</c> and <c>--disk</c> handle a URL in the same way, as seen from outside the process.</summary>
public sealed class UrlTests : IDisposable
{
    private static readonly byte[] NoKernel = new byte[8192];
    private readonly string _kernel = Path.GetTempFileName();

    public UrlTests() => File.WriteAllBytes(_kernel, NoKernel);

    public void Dispose() => File.Delete(_kernel);

    [Theory]
    [InlineData("--kernel")]
    [InlineData("--initrd")]
    public async Task A_download_has_credentials_redirects_retries_and_progress(string option)
    {
        await using ScriptedServer server = new(request => request.Number switch
        {
            1 => ScriptedServer.Empty("302 Found|Location: /copy"),
            2 => new ScriptedServer.Answer("200 OK|Content-Length: 8192|ETag: \"1\"", NoKernel[..5000], Close: true),
            3 => ScriptedServer.Empty("302 Found|Location: /copy"),
            _ => ScriptedServer.Filled(
                request with { To = 8191 }, NoKernel,
                    "206 Partial Content|ETag: \"1\"|Content-Length: {count}|Content-Range: bytes {from}-{to}/{total}"),
        });
        string url = $"http://secret@{server.Address.Authority}/disk?secret";

        (int status, string error) = await RunAsync(
            option == "--kernel" ? ["run", "--kernel", url] : ["run", "--kernel", _kernel, "--initrd", url]);

        Assert.NotEqual(0, status);
        Assert.Contains($"virtio: {option[2..]} {server.Address}: 8", error);
        Assert.Equal(["/disk?secret", "/copy", "/disk?secret", "/copy"], server.Requests.Select(request => request.Path));
        Assert.True(server.Requests.Last().From > 0);
        Assert.All(server.Requests, request
            => Assert.Equal("Basic " + Convert.ToBase64String("secret:"u8), request.Headers["Authorization"]));
    }

    [Theory]
    [InlineData("--kernel", "404 Not Found; check the address")]
    [InlineData("--initrd", "404 Not Found; check the address")]
    [InlineData("--disk", "404 Not Found; check the address")]
    public async Task A_refusal_says_the_same_for_each_option(string option, string expected)
    {
        await using ScriptedServer server = new(_ => ScriptedServer.Empty("404 Not Found"));
        string url = $"http://secret:secret@{server.Address.Authority}/disk?secret";
        (int status, string error) = await RunAsync(
            option == "--kernel" ? ["run", "--kernel", url] : ["run", "--kernel", _kernel, option, url]);
        Assert.Equal(ExitStatus.Failure, status);
        Assert.Contains($"{server.Address}: the server answered {expected}", error);
    }

    [Fact]
    public async Task A_disk_whose_server_names_no_version_is_refused_with_the_option_that_allows_it()
    {
        await using ScriptedServer server = new(request => ScriptedServer.Good(request, NoKernel, "X: y"));
        (int status, string error) = await RunAsync(["run", "--kernel", _kernel, "--disk", server.Address.ToString()]);
        Assert.Equal(ExitStatus.Failure, status);
        Assert.Contains("or add ',unvalidated' to the disk", error);
        Assert.DoesNotContain("HttpStorageOptions", error);

        (_, error) = await RunAsync(["run", "--kernel", _kernel, "--disk", $"{server.Address},unvalidated"]);
        Assert.DoesNotContain("neither a strong ETag", error);
        Assert.Contains(server.Requests, request => request.From == NoKernel.Length - 1);
    }

    private static async Task<(int Status, string Error)> RunAsync(string[] arguments)
    {
        (int status, _, string error) = await CommandProcess.RunAsync(arguments);
        Assert.DoesNotContain("secret", error);
        Assert.DoesNotContain("   at ", error);
        return (status, error);
    }
}
