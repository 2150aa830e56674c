using Virtio.Cli.Arguments;
using Virtio.Devices.Console;

namespace Virtio.Cli.Consoles;

/// <summary>The user's end of the guest's console. Disposal restores what it has changed.</summary>
internal abstract class ConsoleEnd : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();

    /// <summary>What the guest reads; null where it has no input.</summary>
    internal virtual Stream? Input => null;

    /// <summary>Where the guest writes to.</summary>
    internal abstract Stream Output { get; }

    /// <summary>How the user connects to the console and ends the machine, for the message at the start.</summary>
    internal virtual string Hint => "Ctrl-C ends";

    /// <summary>Cancelled when the user ends the machine with keys.</summary>
    internal CancellationToken Ended => _ended.Token;

    internal static ConsoleEnd Open(ConsoleSpec spec) => spec.Kind switch
    {
        ConsoleKind.Socket => new SocketConsole(spec.Path, spec.Option),
        ConsoleKind.File => new FileConsole(spec.Path, spec.Option),
        _ => OperatingSystem.IsLinux() ? new StandardConsole() : new PlainConsole(),
    };

    /// <summary>Called just before the machine starts.</summary>
    /// <param name="device">The console device; null where this is the end of a serial port.</param>
    internal virtual void Begin(ConsoleDevice? device)
    {
    }

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    private protected void End() => _ended.Cancel();
}
