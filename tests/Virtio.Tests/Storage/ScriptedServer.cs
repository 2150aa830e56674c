using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Virtio.Tests.Storage;

/// <summary>A web server that answers each request with the exact bytes that the test gives, valid or not.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    // The requests of opening: for the first byte, and then for the last one in the same way as all later reads.
    private const int OpeningRequests = 2;

    private readonly Func<Request, Answer> _script;
    private readonly Task _accepting;
    private int _requests;

    public ScriptedServer(Func<Request, Answer> script)
    {
        _script = script;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => At("disk");

    public Uri At(string path) => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/{path}");

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>The answer of a correct server.</summary>
    public static Answer Good(Request request, byte[] content, string version = "ETag: \"1\"")
        => request.Method == "HEAD"
            ? new Answer($"200 OK|Accept-Ranges: bytes|Content-Length: {content.Length}|{version}", [])
            : Range(request, content, $"{version}|Content-Range: bytes {request.From}-{request.To}/{content.Length}");

    /// <summary>The requested range under the given headers.</summary>
    public static Answer Range(Request request, byte[] content, string headers)
        => new($"206 Partial Content|Content-Length: {request.To - request.From + 1}|{headers}", Slice(request, content));

    /// <summary>The requested range under the given head, in which {from}, {to}, {count} and {total} are filled in.</summary>
    public static Answer Filled(Request request, byte[] content, string head)
    {
        byte[] body = Slice(request, content);
        head = head.Replace("{from}", $"{request.From}", StringComparison.Ordinal).Replace(
            "{to}", $"{request.To}", StringComparison.Ordinal)
            .Replace("{count}", $"{body.Length}", StringComparison.Ordinal).Replace(
                "{total}", $"{content.Length}", StringComparison.Ordinal);
        if (head.Contains("Transfer-Encoding: chunked", StringComparison.Ordinal))
            body = [.. Encoding.ASCII.GetBytes($"{body.Length:x}\r\n"), .. body, .. "\r\n0\r\n\r\n"u8];
        return new Answer(head, body, Close: head.Contains("Connection: close", StringComparison.Ordinal));
    }

    /// <summary>An answer without a body.</summary>
    public static Answer Empty(string head) => new(head + "|Content-Length: 0", []);

    /// <summary>No answer: the server closes the connection.</summary>
    public static Answer Hangup() => new("", [], Close: true);

    private static byte[] Slice(Request request, byte[] content)
        => content[(int)request.From..(int)Math.Min(request.To + 1, content.Length)];

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
                    await stream.WriteAsync(Head(answer), _ending.Token);
                    await stream.WriteAsync(answer.Body, _ending.Token);
                    await answer.After(_ending.Token);
                    if (answer.Close)
                        return;
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The client closed the connection, or the test has ended.
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

        long[] range = [.. headers.GetValueOrDefault("Range", "bytes=0-0")["bytes=".Length..].Split('-')
            .Select(n => n.Length == 0 ? long.MaxValue - 1 : long.Parse(n, CultureInfo.InvariantCulture))];
        return new Request(Interlocked.Increment(ref _requests), line.Split(' ')[0], line.Split(' ')[1], headers, range[0], range[1]);
    }

    // Latin-1, so that a test can send any byte.
    private static byte[] Head(Answer answer)
    {
        if (answer.Head.Length == 0)
            return [];
        string version = answer.Head.StartsWith("HTTP/", StringComparison.Ordinal) ? "" : "HTTP/1.1 ";
        return Encoding.Latin1.GetBytes(version + answer.Head.Replace("|", "\r\n", StringComparison.Ordinal) + "\r\n\r\n");
    }

    internal sealed record Request(int Number, string Method, string Path, Dictionary<string, string> Headers, long From, long To)
    {
        /// <summary>Whether it is a request of opening, given that the server answered all requests well.</summary>
        public bool IsOpening => Number <= OpeningRequests;

        public bool IsConditional => Headers.Keys.Any(name => name.StartsWith("If-", StringComparison.OrdinalIgnoreCase));
    }

    internal sealed record Answer(string Head, byte[] Body, bool Close = false)
    {
        public Func<CancellationToken, Task> Before { get; init; } = _ => Task.CompletedTask;

        public Func<CancellationToken, Task> After { get; init; } = _ => Task.CompletedTask;
    }
}
