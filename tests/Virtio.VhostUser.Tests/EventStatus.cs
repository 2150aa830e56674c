using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Virtio.VhostUser.Tests;

/// <summary>The status of a descriptor, which all processes that have it share.</summary>
internal static partial class EventStatus
{
    private const int SetStatus = 4; // F_SETFL
    private const int SemaphoreCloseOnExec = 0x80001; // EFD_SEMAPHORE with EFD_CLOEXEC

    /// <summary>Makes reads and writes wait (no O_NONBLOCK).</summary>
    internal static void MakeWait(SafeFileHandle handle) => Assert.Equal(0, Control(handle, SetStatus, 0));

    /// <summary>An eventfd of the kind that is taken from one at a time.</summary>
    internal static SafeFileHandle CreateSemaphore() => CreateEvent(0, SemaphoreCloseOnExec);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle handle, int command, int argument);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial SafeFileHandle CreateEvent(uint initial, int flags);
}
