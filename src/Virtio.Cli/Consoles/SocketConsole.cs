using System.Net.Sockets;
using Virtio.Cli.Arguments;
using Virtio.Linux;

namespace Virtio.Cli.Consoles;

/// <summary>A console at a Unix socket, for one client at a time.</summary>
internal sealed class SocketConsole : ConsoleEnd
{
    private readonly string _path;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _closing = new();
    private readonly ClientStream _client = new();
    private readonly Task _accepting;

    internal SocketConsole(string path, string option = ConsoleSpec.DefaultOption)
    {
        _path = path;
        try
        {
            // The guest's root shell may be behind the socket, so only its owner may connect.
            _listener = UnixListening.Start(path);
        }
        catch (IOException e)
        {
            throw new CommandException($"{option} unix:{path}: {e.Message}", e);
        }

        _accepting = AcceptAsync();
    }

    internal override Stream Input => _client;

    internal override Stream Output => _client;

    internal override string Hint => $"console: socat -,raw,echo=0 UNIX-CONNECT:{_path}; Ctrl-C ends";

    public override async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        File.Delete(_path);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client = await _listener.AcceptAsync(_closing.Token).ConfigureAwait(false);
            await _client.ServeAsync(new NetworkStream(client, ownsSocket: true), _closing.Token).ConfigureAwait(false);
        }
    }
}
