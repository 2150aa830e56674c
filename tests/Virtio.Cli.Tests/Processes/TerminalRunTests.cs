using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Cli.Tests.Serving;
using Virtio.Devices;
using Virtio.Linux.Tests;
using Virtio.Testing;

namespace Virtio.Cli.Tests.Processes;

/// <summary>A person's view: the command at a terminal of its own.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class TerminalRunTests : IDisposable
{
    private const string Prompt = "guest:~#";
    private const int TerminalStop = 20;
    private const int Continue = 18;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly PseudoTerminal _terminal = new();
    private readonly byte[] _before;

    public TerminalRunTests() => _before = _terminal.Attributes;

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public async Task A_person_sees_the_guest_resizes_the_terminal_and_ends_it_with_keys()
    {
        CommandProcess.RequireGuestImage();
        _terminal.Resize(columns: 100, rows: 30);
        using Process process = Start("run", "--memory", "256M");
        await WaitForAsync(Prompt);
        Assert.Contains("Ctrl-A x ends", _terminal.Screen);
        Assert.True(_terminal.IsRaw);

        _terminal.Type("stty size\r");
        await WaitForAsync("30 100\r\n");
        _terminal.Resize(columns: 132, rows: 43);
        _terminal.Type("until stty size | grep '43 132'; do :; done\r");
        await WaitForAsync("\n43 132\r\n");

        // Ctrl-C is the guest's.
        _terminal.Type("echo go; sleep 1000\r");
        await WaitForAsync("\ngo\r\n");
        _terminal.Type("\u0003");
        _terminal.Type("echo status=$?\r");
        await WaitForAsync("status=130");

        _terminal.Type("\u0001x");
        await EndAsync(process, ExitStatus.Success);
    }

    [Fact]
    public async Task The_terminal_is_restored_when_the_guest_powers_off()
    {
        CommandProcess.RequireGuestImage();
        using Process process = Start("run", "--memory", "256M");
        await WaitForAsync(Prompt);
        _terminal.Type("poweroff -f\r");
        await EndAsync(process, ExitStatus.Success);
    }

    [Fact]
    public async Task The_terminal_is_restored_when_the_process_is_stopped_or_terminated()
    {
        CommandProcess.RequireGuestImage();
        using Process process = Start("run", "--memory", "256M");
        await WaitForAsync(Prompt);

        Assert.Equal(0, Kill(process.Id, TerminalStop));
        await UntilAsync(() => File.ReadAllText($"/proc/{process.Id}/stat").Contains(") T ", StringComparison.Ordinal));
        Assert.Equal(_before, _terminal.Attributes);
        Assert.Equal(0, Kill(process.Id, Continue));
        await UntilAsync(() => _terminal.IsRaw);

        Assert.Equal(0, Kill(process.Id, CommandProcess.Terminate));
        await EndAsync(process, ExitStatus.Terminated);
    }

    [Fact]
    public async Task The_terminal_is_restored_when_the_guest_panics()
    {
        CommandProcess.RequireGuestImage();
        using Process process = Start("run", "--memory", "256M");
        await WaitForAsync(Prompt);
        _terminal.Type("echo c > /proc/sysrq-trigger\r");
        await EndAsync(process, ExitStatus.GuestPanicked);
        await WaitForAsync("virtio: the guest's kernel panicked");
    }

    [Fact]
    public async Task A_served_console_is_the_terminal_until_keys_end_it()
    {
        string folder = Directory.CreateTempSubdirectory("virtio-serve-").FullName;
        try
        {
            string socket = Path.Combine(folder, "socket");
            _terminal.Resize(columns: 100, rows: 30);
            using Process process = Start("serve", "console", "--socket", socket);
            await WaitForAsync("waiting for a front-end");
            await WaitForAsync("Ctrl-A x ends");
            await UntilAsync(() => _terminal.IsRaw);
            await using (var frontend = new Frontend(DeviceId.Console, socket))
            {
                var console = new ConsoleDriver(frontend.Driver);
                Assert.Equal((100, 30), (frontend.Driver.ReadConfig<ushort>(0), frontend.Driver.ReadConfig<ushort>(2)));
                console.Write("what is it? "u8);
                await WaitForAsync("what is it? ");
                _terminal.Type("\u0003");
                Assert.Equal([3], console.Read(10));
            }

            _terminal.Type("\u0001x");
            await EndAsync(process, ExitStatus.Success);
            Assert.False(File.Exists(socket));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_terminal_is_left_alone_when_nothing_boots()
    {
        using Process process = Start("run", "--kernel", "/no/such/kernel");
        await EndAsync(process, ExitStatus.Failure);
        await WaitForAsync("/no/such/kernel");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    // As a shell would have started it: the leader of the terminal's session, which is told of changes of its size.
    private Process Start(params string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setsid"), "setsid is needed, from the package util-linux");
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec setsid -c \"$0\" \"$@\" <\"$PTY\" >\"$PTY\" 2>\"$PTY\"", CommandProcess.ExecutablePath, .. arguments]);
        start.Environment["PTY"] = _terminal.Path;
        return Process.Start(start)!;
    }

    private async Task EndAsync(Process process, int expected)
    {
        await process.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(expected, process.ExitCode);
        Assert.Equal(_before, _terminal.Attributes);
        Assert.DoesNotContain("   at ", _terminal.Screen);

        // The runtime's console class, which would change the terminal behind our back, was never woken.
        Assert.DoesNotContain("\u001b[?1h", _terminal.Screen);
    }

    private Task WaitForAsync(string text) => UntilAsync(() => _terminal.Screen.Contains(text, StringComparison.Ordinal));

    private async Task UntilAsync(Func<bool> happened)
    {
        var clock = Stopwatch.StartNew();
        while (!happened())
        {
            Assert.True(clock.Elapsed < Limit, $"it did not happen: {_terminal.Screen}");
            await Task.Delay(20);
        }
    }
}
