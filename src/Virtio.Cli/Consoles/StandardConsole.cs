using System.Runtime.Versioning;
using Virtio.Devices.Console;
using Virtio.Linux;

namespace Virtio.Cli.Consoles;

/// <summary>
/// Standard input and output as the console. A terminal is made raw while the machine runs in its foreground, the guest gets its size, and
/// Ctrl-A begins a command. Anything else than a terminal is passed through unchanged, so that a script can drive a guest.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class StandardConsole : ConsoleEnd
{
    private readonly Stream _input = StandardStreams.Open(Terminal.StandardInput, FileAccess.Read);
    private readonly Stream _output = StandardStreams.Open(Terminal.StandardOutput, FileAccess.Write);
    private readonly bool _interactive = Terminal.IsTerminal(Terminal.StandardInput);
    private readonly TaskCompletionSource<RawTerminal> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stream _filtered;

    // The raw terminal; null before the start, and where standard input is not a terminal.
    private RawTerminal? _raw;

    // Watches the terminal's size; null before the start.
    private IDisposable? _sizes;

    internal StandardConsole() => _filtered = _interactive
        ? new CommandKeyStream(new ForegroundStream(_input, WaitAsync), End, ListKeys)
        : _input;

    internal override Stream Input => _filtered;

    internal override Stream Output => _output;

    internal override string Hint => "Ctrl-A x ends, Ctrl-A h helps";

    internal override void Begin(ConsoleDevice? device)
    {
        _sizes = Terminal.WatchSize(Terminal.StandardOutput, size => device?.Resize(size.Columns, size.Rows));
        if (!_interactive)
            return;
        RawTerminal raw = _raw = RawTerminal.Enter(Terminal.StandardInput);
        StandardError.IsRaw = () => raw.IsRaw;
        _begun.SetResult(raw);
    }

    public override ValueTask DisposeAsync()
    {
        _sizes?.Dispose();
        _raw?.Dispose();
        StandardError.IsRaw = null;
        _input.Dispose();
        _output.Dispose();
        return ValueTask.CompletedTask;
    }

    // On a new line: the guest's last line may not have ended.
    private static void ListKeys() => StandardError.Write($"\n{CommandKeys.List}\n");

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        RawTerminal raw = await _begun.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        await raw.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
