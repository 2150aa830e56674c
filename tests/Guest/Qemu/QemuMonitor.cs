using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Virtio.Guest.Tests.Qemu;

/// <summary>QEMU's machine protocol: one command at a time.</summary>
internal sealed class QemuMonitor : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly StreamReader _reader;
    private readonly StreamWriter _writer;

    private QemuMonitor(Socket socket)
    {
        _socket = socket;
        var stream = new NetworkStream(socket);
        _reader = new StreamReader(stream);
        _writer = new StreamWriter(stream) { AutoFlush = true };
    }

    internal static async Task<QemuMonitor> ConnectAsync(string path)
    {
        Socket socket = await KnockAsync(path);
        var monitor = new QemuMonitor(socket);
        await monitor._reader.ReadLineAsync();
        await monitor.ExecuteAsync("qmp_capabilities");
        return monitor;
    }

    /// <summary>Runs a command and returns its result.</summary>
    internal async Task<JsonNode?> ExecuteAsync(string command, object? arguments = null)
    {
        await _writer.WriteLineAsync(JsonSerializer.Serialize(new { execute = command, arguments = arguments ?? new { } }));
        JsonNode answer = await ReadAsync(message => message["return"] is not null || message["error"] is not null);
        return answer["error"] is { } error ? throw new InvalidOperationException($"{command}: {error}") : answer["return"];
    }

    /// <summary>Waits for an event, if given of that device.</summary>
    internal Task<JsonNode> WaitForAsync(string name, string? device = null) =>
        ReadAsync(message => (string?)message["event"] == name && (device is null || (string?)message["data"]?["device"] == device));

    public void Dispose() => _socket.Dispose();

    private static async Task<Socket> KnockAsync(string path)
    {
        // A QEMU that was just started makes its socket soon.
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), limit.Token);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
                await Task.Delay(50, limit.Token);
            }
        }
    }

    private async Task<JsonNode> ReadAsync(Func<JsonNode, bool> isWanted)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            string line = await _reader.ReadLineAsync(limit.Token) ?? throw new EndOfStreamException("QEMU has closed its monitor");
            JsonNode message = JsonNode.Parse(line)!;
            if (isWanted(message))
                return message;
        }
    }
}
