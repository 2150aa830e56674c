using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// Puts a terminal into raw mode (keys pass unchanged, nothing is echoed), and restores it on every exit that a process can observe:
/// disposal, the end of the process, an unhandled exception, a signal that ends or stops it. While the process is in the background, the
/// terminal belongs to its shell and is not changed; it is made raw when the process comes to the foreground. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class RawTerminal : IDisposable
{
    // No signal tells a running process that it came to the foreground. In the background, and only there, this interval polls for that.
    private static readonly TimeSpan LookTime = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly int _descriptor;
    private readonly Timer _look;

    // The terminal's settings before, and the raw ones; valid where _known is set. Read when the terminal is made raw for the first time,
    // in the foreground: before, they would be those of a shell that edits a line. Under _gate.
    private Termios _before;
    private Termios _raw;
    private bool _known;

    // This object has made the terminal raw. Written under _gate, read by any thread.
    private volatile bool _isRaw;

    // Completes when the terminal is raw; replaced when it no longer is. Under _gate.
    private TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Under _gate.
    private bool _disposed;

    private RawTerminal(int descriptor)
    {
        _descriptor = descriptor;
        _look = new Timer(_ => TryEnter());
    }

    /// <summary>Whether the terminal is raw now; false in the background.</summary>
    public bool IsRaw => _isRaw;

    /// <summary>Makes a terminal raw: at once, or when this process comes to its foreground.</summary>
    /// <param name="descriptor">The terminal's descriptor.</param>
    /// <exception cref="IOException">There is no terminal behind the descriptor, or it cannot be changed.</exception>
    public static RawTerminal Enter(int descriptor = Terminal.StandardInput)
    {
        if (TerminalCalls.GetAttributes(descriptor, out _) != 0)
            throw new IOException($"descriptor {descriptor} is no terminal: {new Win32Exception().Message}");
        var terminal = new RawTerminal(descriptor);
        try
        {
            // Registered first, so that no signal arrives while the terminal is raw and nothing restores it.
            terminal.Register();
            if (!terminal.TryEnter())
                throw new IOException($"the terminal at descriptor {descriptor} cannot be made raw: {new Win32Exception().Message}");
            return terminal;
        }
        catch
        {
            terminal.Dispose();
            throw;
        }
    }

    /// <summary>Waits until the terminal is raw, which is until this process is in its foreground.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return _entered.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Restores the terminal, if it was changed.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            Restore();
            _disposed = true;
        }

        _look.Dispose();
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        AppDomain.CurrentDomain.UnhandledException -= OnExit;
        _registrations.ForEach(registration => registration.Dispose());
    }

    private void Register()
    {
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        AppDomain.CurrentDomain.UnhandledException += OnExit;

        // The default action of these signals follows, unless other code in the process handles the signal.
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM])
            _registrations.Add(PosixSignalRegistration.Create(signal, _ => Restore()));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Stop));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, Continue));
    }

    private void OnExit(object? sender, EventArgs e) => Restore();

    /// <summary>Makes the terminal raw, or polls for the foreground.</summary>
    /// <returns>False where the terminal refuses; errno has the reason.</returns>
    private bool TryEnter()
    {
        lock (_gate)
        {
            if (_disposed)
                return true;
            if (!Terminal.IsForeground(_descriptor))
            {
                Leave();
                _look.Change(LookTime, LookTime);
                return true;
            }

            if (!_known && TerminalCalls.GetAttributes(_descriptor, out _before) != 0)
                return false;
            if (!_known)
            {
                _raw = _before;
                TerminalCalls.MakeRaw(ref _raw);
                _known = true;
            }

            if (TerminalCalls.SetAttributes(_descriptor, TerminalCalls.Now, _raw) != 0)
                return false;
            _isRaw = true;
            _look.Change(Timeout.Infinite, Timeout.Infinite);
            _entered.TrySetResult();
            return true;
        }
    }

    private void Restore()
    {
        lock (_gate)
        {
            // In the background the shell has restored its own settings.
            if (!_disposed && _isRaw && Terminal.IsForeground(_descriptor))
                TerminalCalls.SetAttributes(_descriptor, TerminalCalls.Now, _before);
            Leave();
        }
    }

    // Called under _gate.
    private void Leave()
    {
        _isRaw = false;
        if (_entered.Task.IsCompleted)
            _entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    // The runtime does not stop the process once SIGTSTP has a handler, so this handler stops it after it has restored the terminal.
    private void Stop(PosixSignalContext context)
    {
        Restore();
        ProcessCalls.Signal(Environment.ProcessId, ProcessCalls.Stop);
    }

    // The shell has changed the terminal meanwhile. Cancelled, so that the runtime does not restore the settings of its console class after
    // this.
    private void Continue(PosixSignalContext context)
    {
        context.Cancel = true;
        TryEnter();
    }
}
