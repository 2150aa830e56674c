using System.Runtime.Versioning;
using Virtio.Devices.Console;
using Virtio.Linux;

namespace Virtio.Cli.Consoles;

/// <summary>
/// Standard input and output as the console. A terminal is made raw while the machine runs, its size is the guest's, and Ctrl-A begins a command to us;
/// anything else is passed as it is, so that a script can drive a guest.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class StandardConsole : ConsoleEnd
{
    private readonly Stream _input = StandardStreams.Open(Terminal.StandardInput, FileAccess.Read);
    private readonly Stream _output = StandardStreams.Open(Terminal.StandardOutput, FileAccess.Write);
    private readonly bool _interactive = Terminal.IsTerminal(Terminal.StandardInput);
    private readonly Stream _filtered;
    private RawTerminal? _raw;
    private IDisposable? _sizes;

    internal StandardConsole() => _filtered = _interactive ? new CommandKeyStream(_input, End) : _input;

    internal override Stream Input => _filtered;

    internal override Stream Output => _output;

    internal override string Hint => "Ctrl-A x ends";

    internal override void Begin(ConsoleDevice? device)
    {
        _sizes = Terminal.WatchSize(Terminal.StandardOutput, size => device?.Resize(size.Columns, size.Rows));
        if (!_interactive)
            return;
        _raw = RawTerminal.Enter(Terminal.StandardInput);
        StandardError.IsRaw = true;
    }

    public override ValueTask DisposeAsync()
    {
        _sizes?.Dispose();
        _raw?.Dispose();
        StandardError.IsRaw = false;
        _input.Dispose();
        _output.Dispose();
        return ValueTask.CompletedTask;
    }
}
