using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary>The C library's calls for processes.</summary>
internal static unsafe partial class ProcessCalls
{
    /// <summary><c>SIGSTOP</c>.</summary>
    internal const int Stop = 19;

    /// <summary><c>SIGBUS</c>.</summary>
    internal const int BusError = 7;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    internal static partial int Signal(int process, int signal);

    [LibraryImport(Library, EntryPoint = "sigaction", SetLastError = true)]
    internal static partial int SetSignalAction(int signal, SignalAction* action, out SignalAction before);
}
