using System.Runtime.Versioning;

namespace Virtio.Linux.Tests;

[SupportedOSPlatform("linux")]
public sealed class TerminalTests
{
    [Fact]
    public void A_raw_terminal_is_given_back_as_it_was()
    {
        using var pty = new PseudoTerminal();
        byte[] before = pty.Attributes;
        Assert.False(pty.IsRaw);

        using (RawTerminal.Enter(pty.Descriptor))
            Assert.True(pty.IsRaw);

        Assert.Equal(before, pty.Attributes);
    }

    [Fact]
    public void What_is_no_terminal_cannot_be_made_raw()
    {
        using FileStream file = File.OpenRead("/dev/null");
        int descriptor = (int)file.SafeFileHandle.DangerousGetHandle();

        Assert.Throws<IOException>(() => RawTerminal.Enter(descriptor));
        Assert.False(Terminal.IsTerminal(descriptor));
        Assert.Equal(default, Terminal.GetSize(descriptor));
        Terminal.WatchSize(descriptor, _ => Assert.Fail("there is no size")).Dispose();
    }

    [Fact]
    public void The_size_is_reported_at_once()
    {
        using var pty = new PseudoTerminal();
        pty.Resize(columns: 132, rows: 43);
        var reported = new List<TerminalSize>();

        Terminal.WatchSize(pty.Descriptor, reported.Add).Dispose();

        Assert.True(Terminal.IsTerminal(pty.Descriptor));
        Assert.Equal(new TerminalSize(132, 43), Terminal.GetSize(pty.Descriptor));
        Assert.Equal([new TerminalSize(132, 43)], reported);
    }
}
