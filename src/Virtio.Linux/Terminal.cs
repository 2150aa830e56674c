using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>What a descriptor of this process says about the terminal behind it. Thread-safe; a host that is not Linux has no terminals here.</summary>
public static class Terminal
{
    /// <summary>Descriptor of standard input.</summary>
    public const int StandardInput = 0;

    /// <summary>Descriptor of standard output.</summary>
    public const int StandardOutput = 1;

    /// <summary>Descriptor of standard error.</summary>
    public const int StandardError = 2;

    /// <summary>Whether a terminal is behind a descriptor.</summary>
    public static bool IsTerminal(int descriptor) => OperatingSystem.IsLinux() && TerminalCalls.IsTerminal(descriptor) == 1;

    /// <summary>The size of the terminal behind a descriptor; zeros where there is none.</summary>
    public static TerminalSize GetSize(int descriptor) =>
        OperatingSystem.IsLinux() && TerminalCalls.Control(descriptor, TerminalCalls.GetWindowSize, out WindowSize size) == 0
            ? new TerminalSize(size.Columns, size.Rows)
            : default;

    /// <summary>
    /// Whether this process is in the foreground of the terminal behind a descriptor, so that it may read and change it. True as well for a terminal that does not control
    /// this process, where there is no foreground.
    /// </summary>
    public static bool IsForeground(int descriptor) =>
        !OperatingSystem.IsLinux() || TerminalCalls.GetForegroundGroup(descriptor) is var group && (group < 0 || group == ProcessCalls.GetGroup());

    /// <summary>
    /// From now on this process is not stopped when it uses its terminal in the background (SIGTTIN, SIGTTOU): reading fails with an error, and writing is done. It holds
    /// for the whole process and its children, and cannot be taken back.
    /// </summary>
    public static void IgnoreBackgroundStops()
    {
        if (!OperatingSystem.IsLinux())
            return;
        ProcessCalls.SetHandler(ProcessCalls.BackgroundRead, ProcessCalls.Ignore);
        ProcessCalls.SetHandler(ProcessCalls.BackgroundWrite, ProcessCalls.Ignore);
    }

    /// <summary>
    /// Reports the size of the terminal behind a descriptor now, and again whenever it may have changed, until the result is disposed.
    /// </summary>
    /// <param name="descriptor">The terminal; if there is none, nothing is ever reported.</param>
    /// <param name="report">Called first by this call, then from threads of the pool, one at a time.</param>
    public static IDisposable WatchSize(int descriptor, Action<TerminalSize> report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return OperatingSystem.IsLinux() && IsTerminal(descriptor) ? new SizeWatch(descriptor, report) : new NoWatch();
    }

    private sealed class NoWatch : IDisposable
    {
        public void Dispose()
        {
        }
    }

    [SupportedOSPlatform("linux")]
    private sealed class SizeWatch : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly PosixSignalRegistration[] _registrations;
        private readonly int _descriptor;
        private readonly Action<TerminalSize> _report;

        internal SizeWatch(int descriptor, Action<TerminalSize> report)
        {
            _descriptor = descriptor;
            _report = report;
            // Registered before the first look, so that no change falls between. A stopped process is not told of changes, so it looks when continued.
            _registrations =
            [
                PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Report()),
                PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => Report()),
            ];
            Report();
        }

        public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());

        private void Report()
        {
            lock (_gate)
                _report(GetSize(_descriptor));
        }
    }
}
