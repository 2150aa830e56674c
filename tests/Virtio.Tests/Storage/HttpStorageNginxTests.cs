using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Virtio.Storage;

namespace Virtio.Tests.Storage;

public sealed class HttpStorageNginxTests
{
    private static readonly byte[] Content = Transfers.RandomBytes(3_000_001);

    [Fact]
    public async Task Any_range_of_the_object_is_read_byte_for_byte()
    {
        using NginxServer server = await NginxServer.StartAsync();
        await using HttpStorage storage = await HttpStorage.OpenAsync(
            server.Publish("disk", Content), new HttpStorageOptions { MaxRequestBytes = 100_000 });
        Assert.Equal(Content.Length, storage.Length);
        Assert.Equal(Content, await storage.ReadBytes(0, Content.Length));
        Assert.Equal(Content[^1..], await storage.ReadBytes(Content.Length - 1, 1));
        await storage.ReadAsync(Content.Length, []);

        byte[] vectors = new byte[500_000];
        await storage.ReadAsync(
            77, [vectors.AsMemory(0, 1), Memory<byte>.Empty, vectors.AsMemory(1, 99_999), vectors.AsMemory(100_000, 250_000),
                Memory<byte>.Empty, vectors.AsMemory(350_000)]);
        Assert.Equal(Content[77..500_077], vectors);
    }

    [Fact]
    public async Task Reads_in_parallel_go_straight_into_unmanaged_memory()
    {
        using NginxServer server = await NginxServer.StartAsync();
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Publish("disk", Content));
        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, cancellation) =>
        {
            using NativeBuffer buffer = new(10_000);
            await storage.ReadAsync(i * 14_000, [buffer.Memory[..1000], buffer.Memory[1000..]], cancellation);
            Assert.True(buffer.GetSpan().SequenceEqual(Content.AsSpan(i * 14_000, 10_000)));
        });
    }

    [Fact]
    public async Task Opening_takes_two_requests_for_a_byte_each_and_the_encoding_asked_for_is_none()
    {
        using NginxServer server = await NginxServer.StartAsync("gzip on; gzip_types *; gzip_min_length 1;");
        Uri address = server.Publish("disk", new byte[100_000]);
        await using HttpStorage storage = await HttpStorage.OpenAsync(address);
        Assert.Equal(new byte[100_000], await storage.ReadBytes(0, 100_000));

        string[] log = await server.EndAndReadLogAsync();
        Assert.Equal(["\" 206 1 ", "\" 206 1 ", "\" 206 100000 "],
            log.Select(line => line[line.IndexOf("\" 206", StringComparison.Ordinal)..^7]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("etag off;")]
    [InlineData("etag off; if_modified_since off; max_ranges 1;")]
    public async Task A_new_version_under_us_is_an_error_and_stays_one(string rules)
    {
        using NginxServer server = await NginxServer.StartAsync(rules);
        Uri address = server.Publish("disk", Content);
        File.SetLastWriteTimeUtc(server.FilePath("disk"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        ListLogger logger = new();
        await using HttpStorage storage = await HttpStorage.OpenAsync(address, new HttpStorageOptions { Logger = logger });
        Assert.Equal(Content[..1000], await storage.ReadBytes(0, 1000));

        // The length is the same; only the version shows the change.
        server.Publish("disk", Transfers.RandomBytes(Content.Length, seed: 2));
        Changed(await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 1000)));

        server.Publish("disk", Content);
        File.SetLastWriteTimeUtc(server.FilePath("disk"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Changed(await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 1000)));
        Assert.Single(logger.Lines, line => line.Level == Microsoft.Extensions.Logging.LogLevel.Error);

        await using HttpStorage again = await HttpStorage.OpenAsync(address);
        Assert.Equal(Content[..1000], await again.ReadBytes(0, 1000));
    }

    [Fact]
    public async Task A_shorter_version_under_us_is_a_change_too()
    {
        using NginxServer server = await NginxServer.StartAsync("etag off; add_header Last-Modified ''; ");
        await using HttpStorage storage = await HttpStorage.OpenAsync(
            server.Publish("disk", Content), new HttpStorageOptions { AllowUnvalidated = true });
        server.Publish("disk", Content[..1000]);
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 100));
        Changed(e);
        Assert.Contains("had 3000001 bytes and has 1000", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_removed_under_us_is_an_error_without_retries()
    {
        using NginxServer server = await NginxServer.StartAsync();
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Publish("disk", Content));
        File.Delete(server.FilePath("disk"));
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(0, 1000));
        Assert.Contains("404 Not Found", e.Message, StringComparison.Ordinal);
        Assert.Single(await server.EndAndReadLogAsync(), line => line.Contains("\" 404 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_stops_and_starts_again_costs_time_and_no_error()
    {
        using NginxServer server = await NginxServer.StartAsync();
        ListLogger logger = new();
        HttpStorageOptions options = new() { Logger = logger, MaxRetries = 50, MaxRetryDelay = TimeSpan.FromMilliseconds(300) };
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Publish("disk", Content), options);
        Assert.Equal(Content[..1000], await storage.ReadBytes(0, 1000));

        server.Stop();
        Task<byte[]> read = storage.ReadBytes(1000, 500_000);
        while (logger.Lines.Count(line => line.Text.Contains("retry", StringComparison.Ordinal)) < 2)
            await Task.Delay(5);
        Assert.False(read.IsCompleted);
        await server.StartAgainAsync();
        Assert.Equal(Content[1000..501_000], await read.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Single(logger.Lines, line => line.Level == Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Fact]
    public async Task A_server_that_dies_in_the_middle_of_a_body_costs_only_the_rest()
    {
        using NginxServer server = await NginxServer.StartAsync("limit_rate 400k;");
        HttpStorageOptions options = new() { MaxRetries = 50, MaxRetryDelay = TimeSpan.FromMilliseconds(300) };
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Publish("disk", Content), options);
        byte[] buffer = new byte[800_000];
        Task read = storage.ReadAsync(0, [buffer]).AsTask();
        while (!buffer.AsSpan(0, 1000).SequenceEqual(Content.AsSpan(0, 1000)))
            await Task.Delay(5);
        server.Stop();
        Assert.False(read.IsCompleted);
        await server.StartAgainAsync();
        await read.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(Content[..800_000], buffer);
        // nginx logs a request when it ends: the two of the opening, and the second one of the read, which asked for less.
        string second = Assert.Single(
            (await server.EndAndReadLogAsync()).Skip(2), line => line.Contains("\" 206 ", StringComparison.Ordinal));
        Assert.InRange(long.Parse(second.Split("\" 206 ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), 1, 799_000);
    }

    [Fact]
    public async Task Over_https_a_certificate_that_nobody_vouches_for_is_refused_at_once_and_a_callers_client_decides_for_itself()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using NginxServer server = await NginxServer.StartAsync("", certificate);
        Uri address = server.Publish("disk", Content);

        ListLogger logger = new();
        StorageException e = await Assert.ThrowsAsync<StorageException>(
            () => HttpStorage.OpenAsync(address, new HttpStorageOptions { Logger = logger }));
        Assert.Contains($"cannot open {address}: The remote certificate is invalid", e.Message, StringComparison.Ordinal);
        Assert.Empty(logger.Lines);

        using HttpClientHandler handler = new()
        {
            ServerCertificateCustomValidationCallback = (_, presented, _, _)
            => presented!.Thumbprint == certificate.Thumbprint
        };
        using HttpClient client = new(handler);
        await using HttpStorage storage = await HttpStorage.OpenAsync(
            address, new HttpStorageOptions { Client = client, MaxRequestBytes = 100_000 });
        Assert.Equal(Content, await storage.ReadBytes(0, Content.Length));
    }

    [Fact]
    public async Task A_server_that_stays_away_is_an_error_that_names_it()
    {
        using NginxServer server = await NginxServer.StartAsync();
        HttpStorageOptions options = new() { MaxRetries = 2, RetryDelay = TimeSpan.FromMilliseconds(1) };
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Publish("disk", Content), options);
        server.Stop();
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => storage.ReadBytes(4096, 512));
        Assert.Contains($"cannot read 512 bytes at 4096 of {server.Address("disk")}: Connection refused", e.Message,
            StringComparison.Ordinal);
        Assert.Contains("2 retries", e.Message, StringComparison.Ordinal);
        ListLogger logger = new();
        e = await Assert.ThrowsAsync<StorageException>(
            () => HttpStorage.OpenAsync(server.Address("disk"), new HttpStorageOptions { Logger = logger }));
        Assert.Empty(logger.Lines);
        Assert.Contains("cannot open", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_ranges_is_refused_at_start()
    {
        using NginxServer server = await NginxServer.StartAsync("max_ranges 0;");
        Uri address = server.Publish("disk", Content);
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => HttpStorage.OpenAsync(address));
        Assert.Contains($"{address}: the server does not serve ranges", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_that_is_missing_or_empty_is_refused_at_start_in_one_line()
    {
        using NginxServer server = await NginxServer.StartAsync();
        StorageException e = await Assert.ThrowsAsync<StorageException>(() => HttpStorage.OpenAsync(server.Address("none")));
        Assert.Equal($"{server.Address("none")}: the server answered 404 Not Found; check the address", e.Message);
        e = await Assert.ThrowsAsync<StorageException>(() => HttpStorage.OpenAsync(server.Publish("empty", [])));
        Assert.Contains("is empty", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirects_are_followed()
    {
        using NginxServer server = await NginxServer.StartAsync("rewrite ^/old$ /disk redirect;");
        server.Publish("disk", Content);
        await using HttpStorage storage = await HttpStorage.OpenAsync(server.Address("old"));
        Assert.Equal(Content[5..10], await storage.ReadBytes(5, 5));
    }

    private static void Changed(StorageException e)
        => Assert.Contains("has changed since it was opened", e.Message, StringComparison.Ordinal);
}
