using System.Diagnostics;
using System.Runtime.Versioning;

namespace Virtio.Cli.Tests.Processes;

/// <summary>The command prints colours only to terminals that support them.</summary>
[SupportedOSPlatform("linux")]
public sealed class StyleTests : TerminalTestBase
{
    private const char Escape = '\u001b';

    [Theory]
    [InlineData("xterm", "", true)]
    [InlineData("xterm", "1", false)]
    [InlineData("dumb", "", false)]
    [InlineData("", "", false)]
    public async Task A_terminal_shows_colours_where_it_has_them_and_they_are_wanted(string terminal, string noColour, bool expected)
    {
        using Process fault = StartAtTerminal(CommandProcess.ExecutablePath, ["frob"], ("TERM", terminal), ("NO_COLOR", noColour));
        await fault.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(ExitStatus.Usage, fault.ExitCode);
        await WaitForAsync("there is no command 'frob'");
        Assert.Equal(expected, Pty.Screen.Contains(Escape, StringComparison.Ordinal));

        using Process help = StartAtTerminal(CommandProcess.ExecutablePath, ["help"], ("TERM", terminal), ("NO_COLOR", noColour));
        await help.WaitForExitAsync().WaitAsync(Limit);
        await WaitForAsync("shows this help");
        Assert.Equal(expected, Pty.Screen.Contains($"{Escape}[1mCommands:{Escape}[0m", StringComparison.Ordinal));
        Assert.Equal(Before, Pty.Attributes);
    }

    [Theory]
    [InlineData(1, 40)]
    [InlineData(50, 50)]
    [InlineData(200, 80)]
    public async Task Help_is_as_wide_as_the_terminal_within_reason(ushort columns, int expected)
    {
        Pty.Resize(columns, rows: 5);
        using Process help = StartAtTerminal(CommandProcess.ExecutablePath, ["help", "probe"]);
        await help.WaitForExitAsync().WaitAsync(Limit);
        await WaitForAsync("shows this help");

        // A line may be longer than the screen only by the longest word that cannot be broken, which starts in the column of the texts.
        Assert.All(Pty.Screen.Split("\r\n"), line => Assert.True(line.Length <= expected, line));
    }
}
