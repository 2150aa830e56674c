using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Virtio.Cli.Consoles;

namespace Virtio.Cli.Tests.Consoles;

[UnsupportedOSPlatform("windows")]
public sealed class SocketConsoleTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("virtio-socket-").FullName;

    private string SocketPath => Path.Combine(_folder, "console");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Clients_come_one_after_another_and_see_what_was_written_meanwhile()
    {
        await using var console = new SocketConsole(SocketPath);
        await console.Output.WriteAsync("boot "u8.ToArray());

        using (Socket first = Connect())
        {
            Assert.Equal("boot ", await ReceiveAsync(first, 5));
            await console.Output.WriteAsync("hello"u8.ToArray());
            Assert.Equal("hello", await ReceiveAsync(first, 5));
            await first.SendAsync("one"u8.ToArray());
            Assert.Equal("one", await ReadAsync(console, 3));
        }

        // The read notices that the first client has disconnected, and continues with the next.
        Task<string> input = ReadAsync(console, 3);
        using Socket second = Connect();
        await second.SendAsync("two"u8.ToArray());
        Assert.Equal("two", await input);
        await console.Output.WriteAsync("again"u8.ToArray());
        Assert.Equal("again", await ReceiveAsync(second, 5));
    }

    [Fact]
    public async Task A_left_over_socket_is_replaced_and_removed_at_the_end()
    {
        // Moves the file away meanwhile, because disposing a socket removes the file that it bound.
        string moved = Path.Combine(_folder, "moved");
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(SocketPath));
            File.Move(SocketPath, moved);
        }

        File.Move(moved, SocketPath);

        await using (new SocketConsole(SocketPath))
            Connect().Dispose();
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public async Task Only_the_owner_may_connect()
    {
        await using var console = new SocketConsole(SocketPath);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketPath));
    }

    [Fact]
    public async Task What_is_in_use_or_is_no_socket_is_left_alone()
    {
        await using (new SocketConsole(SocketPath))
            Assert.Contains("listens there", Assert.Throws<CommandException>(() => new SocketConsole(SocketPath)).Message);

        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.Contains("it is a regular file, not a socket", Assert.Throws<CommandException>(() => new SocketConsole(file)).Message);
        Assert.True(File.Exists(file));
        Assert.Contains("it is a directory, not a socket", Assert.Throws<CommandException>(() => new SocketConsole(_folder)).Message);
        Assert.Contains(
            "too long",
            Assert.Throws<CommandException>(() => new SocketConsole(Path.Combine(_folder, new string('x', 200)))).Message);
    }

    [Fact]
    public void The_backlog_keeps_the_newest_bytes()
    {
        var backlog = new Backlog(5);
        Assert.Empty(backlog.Take());
        backlog.Add("abc"u8);
        backlog.Add("defg"u8);
        Assert.Equal("cdefg"u8, backlog.Take());
        backlog.Add("0123456789"u8);
        Assert.Equal("56789"u8, backlog.Take());
        Assert.Empty(backlog.Take());
    }

    private static async Task<string> ReadAsync(SocketConsole console, int count)
    {
        byte[] buffer = new byte[count];
        await console.Input.ReadExactlyAsync(buffer).AsTask().WaitAsync(Limit);
        return Encoding.ASCII.GetString(buffer);
    }

    private static async Task<string> ReceiveAsync(Socket socket, int count)
    {
        byte[] buffer = new byte[count];
        await using var stream = new NetworkStream(socket);
        await stream.ReadExactlyAsync(buffer).AsTask().WaitAsync(Limit);
        return Encoding.ASCII.GetString(buffer);
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
        return socket;
    }
}
