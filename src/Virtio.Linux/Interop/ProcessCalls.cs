using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary>The C library's calls for processes.</summary>
internal static unsafe partial class ProcessCalls
{
    /// <summary><c>SIGSTOP</c>.</summary>
    internal const int Stop = 19;

    /// <summary><c>SIGBUS</c>.</summary>
    internal const int BusError = 7;

    /// <summary><c>SIGTTIN</c>: a process in the background reads its terminal.</summary>
    internal const int BackgroundRead = 21;

    /// <summary><c>SIGTTOU</c>: a process in the background changes its terminal, or writes to one that refuses that.</summary>
    internal const int BackgroundWrite = 22;

    /// <summary><c>SIG_IGN</c>.</summary>
    internal const nint Ignore = 1;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    internal static partial int Signal(int process, int signal);

    [LibraryImport(Library, EntryPoint = "sigaction", SetLastError = true)]
    internal static partial int SetSignalAction(int signal, SignalAction* action, out SignalAction before);

    [LibraryImport(Library, EntryPoint = "signal", SetLastError = true)]
    internal static partial nint SetHandler(int signal, nint handler);

    /// <summary>The process group of this process.</summary>
    [LibraryImport(Library, EntryPoint = "getpgrp")]
    internal static partial int GetGroup();
}
