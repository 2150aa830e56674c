using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

namespace Virtio.Cli.Tests.Processes;

/// <summary>Runs that are jobs of a shell: in the background, in the foreground, stopped, and moved from one to the other.</summary>
[SupportedOSPlatform("linux")]
public sealed class BackgroundRunTests : TerminalTestBase
{
    private const string Shell = "/bin/bash";
    private const string ShellPrompt = "shell> ";
    private const string GuestPrompt = "guest:~#";

    [Fact]
    public async Task A_job_in_the_background_leaves_the_terminal_alone_and_takes_it_in_the_foreground()
    {
        using Process shell = await StartShellAsync();
        int process = await StartJobAsync();

        // The shell has the terminal: it gets the keys, and a program that it starts sees the usual settings.
        await TypeAsync("stty -a | grep -o '[- ]icanon'; jobs", "Running");
        Assert.Contains(" icanon", Pty.Screen);

        await TypeAsync("fg", "fg\r\n");
        await TypeAsync("echo in-$(cat /proc/sys/kernel/hostname)-1", "in-guest-1");

        // The same once more after the job was stopped and continued in the background.
        Assert.Equal(0, CommandProcess.Kill(process, TerminalStop));
        await WaitForAsync("Stopped");
        await TypeAsync("bg; stty -a | grep -o '[- ]icanon.*' | tr i I", " Icanon");
        await TypeAsync("fg; echo status=$?", "fg; ");
        await TypeAsync("echo in-$(cat /proc/sys/kernel/hostname)-2", "in-guest-2");

        Pty.Type("\u0001x");
        await WaitForAsync("status=0");
        await EndShellAsync(shell);
    }

    [Theory]
    [InlineData("-tostop")]
    [InlineData("tostop")]
    public async Task A_job_in_the_background_is_never_stopped_and_ends_with_the_first_SIGTERM(string setting)
    {
        using Process shell = await StartShellAsync();
        await TypeAsync($"stty {setting}; echo is=set", "is=set");
        await StartJobAsync();

        await TypeAsync("kill %1; wait %1; echo status=$?", "status=143");
        Assert.DoesNotContain("Stopped", Pty.Screen);
        await TypeAsync("stty -tostop; echo is=back", "is=back");
        await EndShellAsync(shell);
    }

    private async Task<Process> StartShellAsync()
    {
        CommandProcess.RequireGuestImage();
        Assert.SkipUnless(File.Exists(Shell), "bash is needed");
        Process shell = StartAtTerminal(
            Shell, ["--norc", "--noprofile", "-i"], ("PS1", ShellPrompt), ("VIRTIO", CommandProcess.ExecutablePath));
        await WaitForAsync(ShellPrompt);
        return shell;
    }

    private async Task<int> StartJobAsync()
    {
        await TypeAsync("\"$VIRTIO\" run --memory 256M --machine software & echo process=$!.", ".\r\n");
        await WaitForAsync(GuestPrompt);
        string screen = Pty.Screen;
        string number = screen[(screen.LastIndexOf("process=", StringComparison.Ordinal) + "process=".Length)..].Split('.')[0];
        return int.Parse(number, CultureInfo.InvariantCulture);
    }

    // The expected text must not be part of the typed line, because the terminal echoes that.
    private async Task TypeAsync(string line, string expected)
    {
        int from = Pty.Screen.Length;
        Pty.Type(line + "\r");
        await UntilAsync(() => Pty.Screen[from..].Contains(expected, StringComparison.Ordinal), expected);
    }

    private async Task EndShellAsync(Process shell)
    {
        Pty.Type("exit\r");
        await shell.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(Before, Pty.Attributes);
    }
}
