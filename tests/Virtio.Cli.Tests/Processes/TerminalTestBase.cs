using System.Diagnostics;
using System.Runtime.Versioning;
using Virtio.Linux.Tests;

namespace Virtio.Cli.Tests.Processes;

/// <summary>Tests of programs that run at a terminal.</summary>
[SupportedOSPlatform("linux")]
public abstract class TerminalTestBase : IDisposable
{
    private protected const int TerminalStop = 20;
    private protected const int Continue = 18;

    private protected static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private protected TerminalTestBase() => Before = Pty.Attributes;

    private protected PseudoTerminal Pty { get; } = new();

    /// <summary>The terminal's settings before any program ran.</summary>
    private protected byte[] Before { get; }

    public void Dispose()
    {
        Pty.Dispose();
        GC.SuppressFinalize(this);
    }

    // Starts the program as a terminal window would: as the leader of the terminal's session, which gets the signals about its size.
    private protected Process StartAtTerminal(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setsid"), "setsid is needed, from the package util-linux");
        var start = new ProcessStartInfo(
            "/bin/sh", ["-c", "exec setsid -c \"$0\" \"$@\" <\"$PTY\" >\"$PTY\" 2>\"$PTY\"", program, .. arguments]);
        start.Environment["PTY"] = Pty.Path;
        start.Environment["TERM"] = "dumb";
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private protected Task WaitForAsync(string text) => UntilAsync(() => Pty.Screen.Contains(text, StringComparison.Ordinal), text);

    private protected async Task UntilAsync(Func<bool> happened, string what = "it")
    {
        var clock = Stopwatch.StartNew();
        while (!happened())
        {
            Assert.True(clock.Elapsed < Limit, $"{what} did not happen: {Pty.Screen}");
            await Task.Delay(20);
        }
    }
}
