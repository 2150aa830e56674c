using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Virtio.Kvm.Interop;

/// <summary>
/// The signal that makes a thread leave KVM_RUN. It has no handler. It stays blocked on every thread that runs a vCPU; KVM unblocks it
/// inside KVM_RUN only, and a signal that is pending afterwards is drained.
/// </summary>
internal static partial class ExitSignal
{
    /// <summary>
    /// <c>SIGSTKFLT</c>: Linux never sends it and the runtime does not use it (the runtime uses SIGRTMIN). A real-time signal would be
    /// queued once per request.
    /// </summary>
    internal const int Number = 16;

    /// <summary><c>SIG_BLOCK</c>.</summary>
    internal const int Block = 0;

    private const string Library = "libc";

    // Per thread: the signal is blocked, and _maskInside is set.
    [ThreadStatic]
    private static bool _isBlocked;

    // Per thread: the signal mask for KVM_RUN.
    [ThreadStatic]
    private static ulong _maskInside;

    /// <summary>The calling thread, for <see cref="Send"/>; valid while the thread lives.</summary>
    internal static nint CurrentThread => Self();

    /// <summary>
    /// Blocks the signal on the calling thread, permanently. Returns the mask to use inside KVM_RUN:
    /// the thread's own mask without this signal.
    /// </summary>
    internal static ulong BlockOnCurrentThread()
    {
        if (!_isBlocked)
        {
            int error = ChangeMask(Block, SignalSet.Of(Number), out SignalSet before);
            if (error != 0)
                throw new Win32Exception(error);
            _maskInside = before[0] & ~(1ul << (Number - 1));
            _isBlocked = true;
        }

        return _maskInside;
    }

    /// <summary>Sends the signal to a live thread that blocks it.</summary>
    internal static void Send(nint thread)
    {
        int error = Kill(thread, Number);
        Debug.Assert(error == 0, "the thread has ended");
    }

    /// <summary>Removes the signal if it is pending on the calling thread.</summary>
    internal static void Drain() => Wait(SignalSet.Of(Number), 0, default);

    [LibraryImport(Library, EntryPoint = "pthread_self")]
    private static partial nint Self();

    [LibraryImport(Library, EntryPoint = "pthread_kill")]
    private static partial int Kill(nint thread, int signal);

    [LibraryImport(Library, EntryPoint = "pthread_sigmask")]
    private static partial int ChangeMask(int how, in SignalSet change, out SignalSet before);

    [LibraryImport(Library, EntryPoint = "sigtimedwait")]
    private static partial int Wait(in SignalSet signals, nint information, in Duration limit);

    /// <summary><c>struct timespec</c>.</summary>
    internal struct Duration
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
