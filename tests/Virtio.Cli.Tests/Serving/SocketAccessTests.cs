using System.Runtime.Versioning;
using Virtio.Cli.Tests.Processes;

namespace Virtio.Cli.Tests.Serving;

[SupportedOSPlatform("linux")]
public sealed class SocketAccessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("virtio-serve-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, "--socket-mode", "0660")]
    [InlineData(UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite, "--socket-mode=222")]
    public async Task The_mode_of_the_socket_is_what_was_asked_for(UnixFileMode expected, params string[] options)
    {
        string socket = Path.Combine(_folder, "socket");
        using CommandProcess process = CommandProcess.Start(["serve", "entropy", "--socket", socket, .. options]);
        await process.WaitForErrorAsync("waiting for a front-end");
        Assert.Equal(expected, File.GetUnixFileMode(socket));
        process.Signal(CommandProcess.Terminate);
        Assert.Equal(ExitStatus.Success, (await process.EndAsync()).Status);
    }

    [Fact]
    public async Task The_group_of_the_socket_is_what_was_asked_for()
    {
        string group = (await Shells.RunAsync("/usr/bin/id", "-G")).Output.Trim().Split(' ')[^1];
        string socket = Path.Combine(_folder, "socket");
        string config = Path.Combine(_folder, "config.json");
        File.WriteAllText(config, $$"""[{"type": "entropy", "socket": "{{socket}}", "socket-mode": "660", "socket-group": {{group}}}]""");
        using CommandProcess process = CommandProcess.Start("serve", "--config", config);
        await process.WaitForErrorAsync("waiting for a front-end");
        Assert.Equal($"660 {group}", (await Shells.RunAsync("/usr/bin/stat", "-c", "%a %g", socket)).Output.Trim());
        process.Signal(CommandProcess.Terminate);
        Assert.Equal(ExitStatus.Success, (await process.EndAsync()).Status);
    }
}
