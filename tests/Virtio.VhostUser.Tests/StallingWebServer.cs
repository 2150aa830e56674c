using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Virtio.VhostUser.Tests;

/// <summary>A web server with a MiB of zeros that from some point on reads requests and answers none.</summary>
internal sealed class StallingWebServer : IDisposable
{
    private const int Length = 1 << 20;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private int _unanswered;

    internal StallingWebServer()
    {
        _listener.Start();
        new Thread(Run) { IsBackground = true }.Start();
    }

    internal Uri Uri => new($"http://{_listener.LocalEndpoint}/disk");

    internal bool IsStalled { get; set; }

    internal int Unanswered => Volatile.Read(ref _unanswered);

    public void Dispose() => _listener.Dispose();

    private void Run()
    {
        try
        {
            while (true)
            {
                TcpClient client = _listener.AcceptTcpClient();
                new Thread(() => Serve(client)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The listener has ended.
        }
    }

    private void Serve(TcpClient client)
    {
        using TcpClient own = client;
        try
        {
            using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
            while (reader.ReadLine() is { } request)
            {
                (long from, long to) = (0, Length - 1);
                bool isPart = false;
                for (string? header = reader.ReadLine(); header is { Length: > 0 }; header = reader.ReadLine())
                {
                    if (!header.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))
                        continue;
                    string[] ends = header[13..].Split('-');
                    (from, to) = (long.Parse(ends[0], CultureInfo.InvariantCulture), long.Parse(ends[1], CultureInfo.InvariantCulture));
                    isPart = true;
                }

                if (IsStalled)
                {
                    Interlocked.Increment(ref _unanswered);
                    reader.ReadToEnd();
                    return;
                }

                string status = isPart ? $"206 Partial Content\r\nContent-Range: bytes {from}-{to}/{Length}" : "200 OK";
                string answer = string.Create(
                    CultureInfo.InvariantCulture,
                    $"HTTP/1.1 {status}\r\nAccept-Ranges: bytes\r\nETag: \"1\"\r\nContent-Length: {to - from + 1}\r\n\r\n");
                client.GetStream().Write(Encoding.ASCII.GetBytes(answer));
                if (!request.StartsWith("HEAD", StringComparison.Ordinal))
                    client.GetStream().Write(new byte[to - from + 1]);
            }
        }
        catch (IOException)
        {
            // The client has disconnected.
        }
    }
}
