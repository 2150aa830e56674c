using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Cli.Consoles;

namespace Virtio.Cli.Tests.Processes;

/// <summary>Special files in place of regular files. Opening a FIFO would wait, and no signal would end the wait.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class SpecialFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("virtio-special-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("run", "--disk", "FIFO")]
    [InlineData("run", "--disk", "FIFO,ro")]
    [InlineData("run", "--disk", "FIFO,mapped")]
    [InlineData("run", "--disk", "FIFO,shared,ro")]
    [InlineData("run", "--initrd", "FIFO")]
    [InlineData("run", "--serial", "FIFO")]
    [InlineData("run", "--console", "file:FIFO")]
    [InlineData("run", "--console", "unix:FIFO")]
    public async Task A_run_refuses_a_FIFO_and_says_what_it_is(params string[] arguments)
    {
        CommandProcess.RequireGuestImage();
        await RefusesFifoAsync(arguments);
    }

    [Theory]
    [InlineData("run", "--kernel", "FIFO")]
    [InlineData("serve", "block", "--socket", "FOLDER/socket", "FIFO")]
    [InlineData("serve", "block", "--socket", "FOLDER/socket", "--read-only", "FIFO")]
    [InlineData("serve", "console", "--socket", "FOLDER/socket", "file:FIFO")]
    [InlineData("serve", "entropy", "--socket", "FIFO")]
    public Task What_needs_no_guest_refuses_a_FIFO_and_says_what_it_is(params string[] arguments) => RefusesFifoAsync(arguments);

    [Fact]
    public async Task A_pipe_by_another_name_is_refused_too()
    {
        (int status, _, string error) = await CommandProcess.RunAsync("run", "--kernel", "/dev/stdin");
        Assert.Equal("virtio: cannot open '/dev/stdin': it is a FIFO; give a regular file\n", error);
        Assert.Equal(ExitStatus.Failure, status);
    }

    [Fact]
    public async Task Output_may_go_to_a_character_device_and_to_nothing_else_that_is_special()
    {
        await OutputFile.Create("--serial", "/dev/null").DisposeAsync();

        string socket = Path.Combine(_folder, "socket");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        Assert.Contains("it is a socket", Assert.Throws<CommandException>(() => OutputFile.Create("--serial", socket)).Message);
        Assert.Contains("it is a directory", Assert.Throws<CommandException>(() => OutputFile.Create("--serial", _folder)).Message);
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);

    private async Task RefusesFifoAsync(string[] arguments)
    {
        string fifo = Path.Combine(_folder, "fifo");
        Assert.Equal(0, MakeFifo(fifo, 0x180));
        (int status, _, string error) = await CommandProcess.RunAsync(
            [
                .. arguments.Select(argument => argument.Replace("FIFO", fifo, StringComparison.Ordinal)
                    .Replace("FOLDER", _folder, StringComparison.Ordinal)),
            ]);

        Assert.Contains("is a FIFO", error);
        Assert.Contains(fifo, error);
        Assert.Equal(ExitStatus.Failure, status);
        Assert.True(File.Exists(fifo));
    }
}
