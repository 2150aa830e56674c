using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Virtio.VhostUser.Tests;

/// <summary>The status flags of a file descriptor, which all processes that have the descriptor share.</summary>
internal static partial class EventStatus
{
    private const int SetStatus = 4; // F_SETFL
    private const int SemaphoreCloseOnExec = 0x80001; // EFD_SEMAPHORE with EFD_CLOEXEC

    /// <summary>Clears O_NONBLOCK, so that reads and writes wait.</summary>
    internal static void MakeWait(SafeFileHandle handle) => Assert.Equal(0, Control(handle, SetStatus, 0));

    /// <summary>An eventfd with semaphore semantics: each read takes one.</summary>
    internal static SafeFileHandle CreateSemaphore() => CreateEvent(0, SemaphoreCloseOnExec);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle handle, int command, int argument);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial SafeFileHandle CreateEvent(uint initial, int flags);
}
