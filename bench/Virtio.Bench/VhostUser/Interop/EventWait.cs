using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Bench.VhostUser.Interop;

/// <summary>Sleeps on an eventfd that another process has too. That process may have made it non-blocking.</summary>
internal static partial class EventWait
{
    private const int TryAgain = 11;
    private const int Interrupted = 4;

    // struct pollfd with POLLIN: the descriptor in the low half, the requested events above it.
    private const ulong Readable = 1UL << 32;

    internal static void Take(SafeFileHandle handle)
    {
        while (true)
        {
            ulong entry = unchecked((uint)handle.DangerousGetHandle()) | Readable;
            if (Poll(ref entry, 1, -1) >= 0 && Read(handle, out _, sizeof(ulong)) > 0)
                return;
            if (Marshal.GetLastPInvokeError() is not (TryAgain or Interrupted))
                throw new IOException($"an event descriptor failed: {new Win32Exception().Message}");
        }
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref ulong entry, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle handle, out ulong value, nuint count);
}
