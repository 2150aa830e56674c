using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary><c>struct sigaction</c> of the C library on x86-64.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SignalAction
{
    /// <summary><c>SA_SIGINFO</c>.</summary>
    internal const int WithInformation = 4;

    /// <summary><c>SA_ONSTACK</c>.</summary>
    internal const int OnOwnStack = 0x0800_0000;

    /// <summary><c>SA_RESTART</c>.</summary>
    internal const int RestartsCalls = 0x1000_0000;

    internal nint Handler;
    internal Signals Mask;
    internal int Flags;
    internal nint Restorer;

    /// <summary><c>sigset_t</c>.</summary>
    [InlineArray(16)]
    internal struct Signals
    {
        private ulong _first;
    }
}
