using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Virtio.Tests.Storage;

/// <summary>A web server that answers each request with whatever bytes a test says, however wrong.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly Func<Request, Answer> _script;
    private readonly Task _accepting;
    private int _requests;

    public ScriptedServer(Func<Request, Answer> script)
    {
        _script = script;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/disk");

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>An answer of a well-behaved server.</summary>
    public static Answer Good(Request request, byte[] content, string version = "ETag: \"1\"")
        => request.Method == "HEAD"
            ? new Answer($"200 OK|Accept-Ranges: bytes|Content-Length: {content.Length}|{version}", [])
            : Range(request, content, $"{version}|Content-Range: bytes {request.From}-{request.To}/{content.Length}");

    /// <summary>The range asked for, under headers of one's own.</summary>
    public static Answer Range(Request request, byte[] content, string headers)
        => new($"206 Partial Content|Content-Length: {request.To - request.From + 1}|{headers}", content[request.From..(request.To + 1)]);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_ending.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                using StreamReader reader = new(stream, Encoding.ASCII, leaveOpen: true);
                while (await ReadRequestAsync(reader) is Request request)
                {
                    Requests.Enqueue(request);
                    Answer answer = _script(request);
                    await answer.Before(_ending.Token);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 " + answer.Head.Replace("|", "\r\n", StringComparison.Ordinal) + "\r\n\r\n"), _ending.Token);
                    await stream.WriteAsync(answer.Body, _ending.Token);
                    await answer.After(_ending.Token);
                    if (answer.Close)
                        return;
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The client went away, or the test has ended.
            }
        }
    }

    private async Task<Request?> ReadRequestAsync(StreamReader reader)
    {
        string? line = await reader.ReadLineAsync(_ending.Token);
        if (line is null)
            return null;
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync(_ending.Token) is { Length: > 0 } header)
        {
            int colon = header.IndexOf(':', StringComparison.Ordinal);
            headers[header[..colon]] = header[(colon + 1)..].Trim();
        }

        int[] range = [.. headers.GetValueOrDefault("Range", "bytes=0-0")["bytes=".Length..].Split('-').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        return new Request(Interlocked.Increment(ref _requests), line.Split(' ')[0], line.Split(' ')[1], headers, range[0], range[1]);
    }

    internal sealed record Request(int Number, string Method, string Path, Dictionary<string, string> Headers, int From, int To);

    internal sealed record Answer(string Head, byte[] Body, bool Close = false)
    {
        public Func<CancellationToken, Task> Before { get; init; } = _ => Task.CompletedTask;

        public Func<CancellationToken, Task> After { get; init; } = _ => Task.CompletedTask;
    }
}
