using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Virtio.Cli.Tests.Processes;
using Virtio.Devices;
using Virtio.Testing;

namespace Virtio.Cli.Tests.Serving;

[SupportedOSPlatform("linux")]
public sealed class ServeConsoleTests : IDisposable
{
    private const int Piece = 32 * 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("virtio-serve-").FullName;

    private string SocketPath => Path.Combine(_folder, "socket");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task One_front_end_after_another_has_the_console_and_only_its_bytes_are_on_standard_output()
    {
        using CommandProcess process = CommandProcess.Start("serve", "console", "--socket", SocketPath);
        await process.WaitForErrorAsync("waiting for a front-end");
        foreach (string name in (string[])["first", "second"])
        {
            await using var frontend = new Frontend(DeviceId.Console, SocketPath);
            var console = new ConsoleDriver(frontend.Driver);
            console.Write(Encoding.ASCII.GetBytes($"of the {name} guest\n"));
            await process.WaitForOutputAsync($"of the {name} guest\n");
            await process.Input.WriteAsync($"to the {name}");
            await process.Input.FlushAsync();
            Assert.Equal($"to the {name}", Encoding.ASCII.GetString(console.Read(100)));
        }

        process.Signal(CommandProcess.Terminate);
        (int status, string output, string error) = await process.EndAsync();
        Assert.Equal(ExitStatus.Success, status);
        Assert.Equal("of the first guest\nof the second guest\n", output);
        Assert.Equal(2, error.Split("the front-end has gone").Length - 1);
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public async Task A_reader_that_has_stopped_reading_keeps_no_front_end_from_stopping_its_device()
    {
        string path = Path.Combine(_folder, "console");
        using CommandProcess process = CommandProcess.Start("serve", "console", "--socket", SocketPath, "unix:" + path);
        await process.WaitForErrorAsync("waiting for a front-end");
        using var reader = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await reader.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await using var frontend = new Frontend(DeviceId.Console, SocketPath);
        DriverQueue queue = frontend.Driver.Queue(1);
        ulong piece = frontend.Driver.Bus.Place(new byte[Piece]);
        do
        {
            queue.Offer(DriverBuffer.Readable(piece, Piece));
            queue.Kick();
        }
        while (SpinWait.SpinUntil(() => queue.TryCollect(out _), TimeSpan.FromSeconds(2)));

        frontend.Driver.Reset();
        frontend.Driver.Start();
        Assert.DoesNotContain("has gone", process.Error);
        Assert.False(frontend.Driver.Status.HasFlag(DeviceStatusBits.NeedsReset));
        process.Signal(CommandProcess.Terminate);
        Assert.Equal(ExitStatus.Success, (await process.EndAsync()).Status);
    }

    [Fact]
    public async Task The_output_may_go_to_a_file()
    {
        string file = Path.Combine(_folder, "output");
        using CommandProcess process = CommandProcess.Start("serve", "console", "--socket", SocketPath, "file:" + file);
        await process.WaitForErrorAsync("waiting for a front-end");
        await using (var frontend = new Frontend(DeviceId.Console, SocketPath))
            new ConsoleDriver(frontend.Driver).Write("last words"u8);

        process.Signal(CommandProcess.Terminate);
        Assert.Equal((ExitStatus.Success, ""), (await process.EndAsync()) is var (status, output, _) ? (status, output) : default);
        Assert.Equal("last words", File.ReadAllText(file));
    }
}
