using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>
/// Queries the terminal behind a descriptor of this process. Thread-safe. On a host other than Linux there are no terminals.
/// </summary>
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
    /// Whether this process is in the foreground of the terminal behind a descriptor, so that it may read and change it. Also true for a
    /// terminal that does not control this process: that has no foreground.
    /// </summary>
    public static bool IsForeground(int descriptor) =>
        !OperatingSystem.IsLinux()
        || TerminalCalls.GetForegroundGroup(descriptor) is var group && (group < 0 || group == ProcessCalls.GetGroup());

    /// <summary>
    /// Ignores SIGTTIN and SIGTTOU, so that this process is not stopped when it uses its terminal in the background. A read then fails, and
    /// a write is done. This holds for the whole process and its children, and cannot be undone.
    /// </summary>
    public static void IgnoreBackgroundStops()
    {
        if (!OperatingSystem.IsLinux())
            return;
        ProcessCalls.SetHandler(ProcessCalls.BackgroundRead, ProcessCalls.Ignore);
        ProcessCalls.SetHandler(ProcessCalls.BackgroundWrite, ProcessCalls.Ignore);
    }

    /// <summary>
    /// Reports the size of the terminal behind a descriptor, now and after each possible change, until the result is disposed.
    /// </summary>
    /// <param name="descriptor">The terminal. Where there is none, nothing is reported.</param>
    /// <param name="report">Called first on this thread, then on pool threads, one call at a time.</param>
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
            // Registered before the first report, so that no change is missed. A stopped process does not get SIGWINCH, so SIGCONT reports
            // too.
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
