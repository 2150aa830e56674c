using Virtio.Cli.Arguments;
using Virtio.Devices.Console;

namespace Virtio.Cli.Consoles;

/// <summary>The person's end of the guest's console. Disposing it leaves everything as it was found.</summary>
internal abstract class ConsoleEnd : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();

    /// <summary>What the guest reads; null for nothing.</summary>
    internal virtual Stream? Input => null;

    /// <summary>Where the guest writes to.</summary>
    internal abstract Stream Output { get; }

    /// <summary>How the person gets at it and out of it, for the line at the start.</summary>
    internal virtual string Hint => "Ctrl-C ends";

    /// <summary>Cancelled when the person asks for the end of the machine, with keys.</summary>
    internal CancellationToken Ended => _ended.Token;

    internal static ConsoleEnd Open(ConsoleSpec spec) => spec.Kind switch
    {
        ConsoleKind.Socket => new SocketConsole(spec.Path, spec.Option),
        ConsoleKind.File => new FileConsole(spec.Path, spec.Option),
        _ => OperatingSystem.IsLinux() ? new StandardConsole() : new PlainConsole(),
    };

    /// <summary>Called just before the machine starts.</summary>
    /// <param name="device">The console that this is the end of; null where it is the end of a serial port.</param>
    internal virtual void Begin(ConsoleDevice? device)
    {
    }

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    private protected void End() => _ended.Cancel();
}
