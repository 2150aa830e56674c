using System.Diagnostics;
using System.Runtime.Versioning;
using Virtio.Cli.Tests.Serving;
using Virtio.Devices;
using Virtio.Testing;

namespace Virtio.Cli.Tests.Processes;

/// <summary>The command at a terminal, as a user sees it.</summary>
[SupportedOSPlatform("linux")]
public sealed class TerminalRunTests : TerminalTestBase
{
    private const string Prompt = "guest:~#";

    [Fact]
    public async Task A_person_sees_the_guest_resizes_the_terminal_and_ends_it_with_keys()
    {
        CommandProcess.RequireGuestImage();
        Pty.Resize(columns: 100, rows: 30);
        using Process process = Start("run", "--memory", "256M");
        await WaitForAsync(Prompt);
        Assert.Contains("Ctrl-A x ends", Pty.Screen);
        Assert.True(Pty.IsRaw);

        Pty.Type("stty size\r");
        await WaitForAsync("30 100\r\n");
        Pty.Resize(columns: 132, rows: 43);
        Pty.Type("until stty size | grep '43 132'; do :; done\r");
        await WaitForAsync("\n43 132\r\n");

        // Ctrl-C goes to the guest.
        Pty.Type("echo go; sleep 1000\r");
        await WaitForAsync("\ngo\r\n");
        Pty.Type("\u0003");
        Pty.Type("echo status=$?\r");
        await WaitForAsync("status=130");

        Pty.Type("\u0001x");
        await EndAsync(process, ExitStatus.Success);
    }

    [Fact]
    public async Task The_terminal_is_restored_when_the_guest_powers_off()
    {
        CommandProcess.RequireGuestImage();
        using Process process = Start("run", "--memory", "256M");
        await WaitForAsync(Prompt);
        Pty.Type("poweroff -f\r");
        await EndAsync(process, ExitStatus.Success);
    }

    [Fact]
    public async Task The_terminal_is_restored_when_the_process_is_stopped_or_terminated()
    {
        CommandProcess.RequireGuestImage();
        using Process process = Start("run", "--memory", "256M");
        await WaitForAsync(Prompt);

        Assert.Equal(0, CommandProcess.Kill(process.Id, TerminalStop));
        await UntilAsync(() => File.ReadAllText($"/proc/{process.Id}/stat").Contains(") T ", StringComparison.Ordinal));
        Assert.Equal(Before, Pty.Attributes);
        Assert.Equal(0, CommandProcess.Kill(process.Id, Continue));
        await UntilAsync(() => Pty.IsRaw);

        Assert.Equal(0, CommandProcess.Kill(process.Id, CommandProcess.Terminate));
        await EndAsync(process, ExitStatus.Terminated);
    }

    [Fact]
    public async Task The_terminal_is_restored_when_the_guest_panics()
    {
        CommandProcess.RequireGuestImage();
        using Process process = Start("run", "--memory", "256M");
        await WaitForAsync(Prompt);
        Pty.Type("echo c > /proc/sysrq-trigger\r");
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
            Pty.Resize(columns: 100, rows: 30);
            using Process process = Start("serve", "console", "--socket", socket);
            await WaitForAsync("waiting for a front-end");
            await WaitForAsync("Ctrl-A x ends");
            await UntilAsync(() => Pty.IsRaw);
            await using (var frontend = new Frontend(DeviceId.Console, socket))
            {
                var console = new ConsoleDriver(frontend.Driver);
                Assert.Equal((100, 30), (frontend.Driver.ReadConfig<ushort>(0), frontend.Driver.ReadConfig<ushort>(2)));
                console.Write("what is it? "u8);
                await WaitForAsync("what is it? ");
                Pty.Type("\u0003");
                Assert.Equal([3], console.Read(10));
            }

            Pty.Type("\u0001x");
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

    private Process Start(params string[] arguments) => StartAtTerminal(CommandProcess.ExecutablePath, arguments);

    private async Task EndAsync(Process process, int expected)
    {
        await process.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(expected, process.ExitCode);
        Assert.Equal(Before, Pty.Attributes);
        Assert.DoesNotContain("   at ", Pty.Screen);

        // The runtime's console class, which would change the terminal's settings, was never initialized.
        Assert.DoesNotContain("\u001b[?1h", Pty.Screen);
    }
}
