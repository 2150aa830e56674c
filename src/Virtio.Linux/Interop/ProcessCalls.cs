using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary>The C library's calls for processes.</summary>
internal static partial class ProcessCalls
{
    /// <summary><c>SIGSTOP</c>.</summary>
    internal const int Stop = 19;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    internal static partial int Signal(int process, int signal);
}
