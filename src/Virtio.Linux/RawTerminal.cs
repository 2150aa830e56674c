using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// Puts a terminal into raw mode (every key goes through as it is, nothing is echoed) and gives it back as it was on every way out that a process can
/// see: disposal, the end of the process, an unhandled exception, a signal that ends or stops it. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class RawTerminal : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly int _descriptor;
    private readonly Termios _before;
    private readonly Termios _raw;
    private bool _disposed;

    private RawTerminal(int descriptor, in Termios before)
    {
        _descriptor = descriptor;
        _before = before;
        _raw = before;
        TerminalCalls.MakeRaw(ref _raw);
    }

    /// <summary>Makes a terminal raw.</summary>
    /// <param name="descriptor">The terminal's descriptor.</param>
    /// <exception cref="IOException">There is no terminal behind the descriptor, or it cannot be changed.</exception>
    public static RawTerminal Enter(int descriptor = Terminal.StandardInput)
    {
        if (TerminalCalls.GetAttributes(descriptor, out Termios before) != 0)
            throw new IOException($"Descriptor {descriptor} is no terminal: {new Win32Exception().Message}");
        var terminal = new RawTerminal(descriptor, before);
        try
        {
            // First, so that no signal finds a raw terminal and nobody to restore it.
            terminal.Register();
            if (TerminalCalls.SetAttributes(descriptor, TerminalCalls.Now, terminal._raw) != 0)
                throw new IOException($"The terminal at descriptor {descriptor} cannot be made raw: {new Win32Exception().Message}");
            return terminal;
        }
        catch
        {
            terminal.Dispose();
            throw;
        }
    }

    /// <summary>Gives the terminal back as it was.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            Restore();
            _disposed = true;
        }

        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        AppDomain.CurrentDomain.UnhandledException -= OnExit;
        _registrations.ForEach(registration => registration.Dispose());
    }

    private void Register()
    {
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        AppDomain.CurrentDomain.UnhandledException += OnExit;

        // The default action of these follows, unless somebody else in the process handles the signal.
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM])
            _registrations.Add(PosixSignalRegistration.Create(signal, _ => Restore()));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Stop));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, EnterAgain));
    }

    private void OnExit(object? sender, EventArgs e) => Restore();

    private void Restore()
    {
        lock (_gate)
        {
            if (!_disposed)
                TerminalCalls.SetAttributes(_descriptor, TerminalCalls.Now, _before);
        }
    }

    // The runtime does nothing about SIGTSTP once it is handled; the process would run on with a terminal that is no longer raw.
    private void Stop(PosixSignalContext context)
    {
        Restore();
        ProcessCalls.Signal(Environment.ProcessId, ProcessCalls.Stop);
    }

    // The shell has made the terminal its own meanwhile. The runtime must not do the same after us, with the settings that its console class knows.
    private void EnterAgain(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_gate)
        {
            if (!_disposed)
                TerminalCalls.SetAttributes(_descriptor, TerminalCalls.Now, _raw);
        }
    }
}
