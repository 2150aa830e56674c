using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// Puts a terminal into raw mode (every key goes through as it is, nothing is echoed) and gives it back as it was on every way out that a process can
/// see: disposal, the end of the process, an unhandled exception, a signal that ends or stops it. While the process is in the background the terminal is its shell's and is
/// left alone; it is made raw when the process comes to the foreground. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class RawTerminal : IDisposable
{
    // No signal says that a process which runs has come to the foreground: that is looked for this often, in the background only.
    private static readonly TimeSpan LookTime = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly int _descriptor;
    private readonly Timer _look;

    // Guarded by _gate. What the terminal was, and is when raw: taken when it is made raw first, in the foreground. Before that its settings are those of a shell that edits a line.
    private Termios _before;
    private Termios _raw;
    private bool _known;

    // Guarded by _gate for writing. Whether the terminal is raw by this object, as far as it knows.
    private volatile bool _isRaw;

    // Guarded by _gate. Completes when the terminal is raw; another one when it no longer is.
    private TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by _gate.
    private bool _disposed;

    private RawTerminal(int descriptor)
    {
        _descriptor = descriptor;
        _look = new Timer(_ => TryEnter());
    }

    /// <summary>Whether the terminal is raw now. In the background it is not.</summary>
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
            // First, so that no signal finds a raw terminal that nothing restores.
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

    /// <summary>Waits until the terminal is raw: until this process is in its foreground.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return _entered.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Gives the terminal back as it was, if it was changed.</summary>
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

        // The default action of these follows, unless something else in the process handles the signal.
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM])
            _registrations.Add(PosixSignalRegistration.Create(signal, _ => Restore()));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Stop));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, Continue));
    }

    private void OnExit(object? sender, EventArgs e) => Restore();

    /// <returns>False when the terminal refuses; errno says why. True in the background, where it is tried again later.</returns>
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
            // In the background the shell has made the terminal its own again.
            if (!_disposed && _isRaw && Terminal.IsForeground(_descriptor))
                TerminalCalls.SetAttributes(_descriptor, TerminalCalls.Now, _before);
            Leave();
        }
    }

    // Under the lock.
    private void Leave()
    {
        _isRaw = false;
        if (_entered.Task.IsCompleted)
            _entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    // The runtime does nothing about SIGTSTP once it is handled; the process would run on with a terminal that is no longer raw.
    private void Stop(PosixSignalContext context)
    {
        Restore();
        ProcessCalls.Signal(Environment.ProcessId, ProcessCalls.Stop);
    }

    // The shell has made the terminal its own meanwhile. The runtime must not do the same after this, with the settings that its console class knows.
    private void Continue(PosixSignalContext context)
    {
        context.Cancel = true;
        TryEnter();
    }
}
