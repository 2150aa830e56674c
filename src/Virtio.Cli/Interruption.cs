using System.Runtime.InteropServices;
using Virtio.Linux;

namespace Virtio.Cli;

/// <summary>
/// Turns the first signal that asks the process to end into a cancellation, so that storage is flushed and the terminal restored. The
/// second signal ends the process at once. A process in the background is not stopped when it uses its terminal: while stopped, it would
/// not see any signal but SIGKILL.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly (PosixSignal Signal, int Status)[] Signals =
    [
        (PosixSignal.SIGHUP, Cli.ExitStatus.HungUp),
        (PosixSignal.SIGINT, Cli.ExitStatus.Interrupted),
        (PosixSignal.SIGTERM, Cli.ExitStatus.Terminated),
    ];

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _status;

    internal Interruption()
    {
        Terminal.IgnoreBackgroundStops();
        _registrations =
        [
            .. Signals.Select(entry => PosixSignalRegistration.Create(entry.Signal, context => Handle(context, entry.Status))),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    internal CancellationToken Token => _source.Token;

    /// <summary>The exit status for the signal; null where there was none.</summary>
    internal int? ExitStatus => Volatile.Read(ref _status) is var status and not 0 ? status : null;

    public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());

    private void Handle(PosixSignalContext context, int status)
    {
        if (Interlocked.CompareExchange(ref _status, status, 0) != 0)
            return;
        context.Cancel = true;
        _source.Cancel();
    }
}
