using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary>The C library's calls for terminals. All set errno.</summary>
internal static partial class TerminalCalls
{
    /// <summary><c>TCSANOW</c>: change at once, without waiting for output that a stopped terminal may never write.</summary>
    internal const int Now = 0;

    /// <summary><c>TIOCGWINSZ</c>.</summary>
    internal const uint GetWindowSize = 0x5413;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "isatty")]
    internal static partial int IsTerminal(int descriptor);

    [LibraryImport(Library, EntryPoint = "tcgetattr", SetLastError = true)]
    internal static partial int GetAttributes(int descriptor, out Termios attributes);

    [LibraryImport(Library, EntryPoint = "tcsetattr", SetLastError = true)]
    internal static partial int SetAttributes(int descriptor, int when, in Termios attributes);

    [LibraryImport(Library, EntryPoint = "cfmakeraw")]
    internal static partial void MakeRaw(ref Termios attributes);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(int descriptor, nuint request, out WindowSize size);

    /// <summary>The process group in the terminal's foreground; -1 where the terminal does not control this process.</summary>
    [LibraryImport(Library, EntryPoint = "tcgetpgrp", SetLastError = true)]
    internal static partial int GetForegroundGroup(int descriptor);
}
