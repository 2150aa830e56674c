using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Linux.Interop;

/// <summary>The C library's calls for descriptors. All set errno.</summary>
internal static partial class DescriptorCalls
{
    /// <summary><c>EINTR</c>.</summary>
    internal const int Interrupted = 4;

    /// <summary><c>EAGAIN</c>.</summary>
    internal const int TryAgain = 11;

    /// <summary><c>EFD_CLOEXEC</c>.</summary>
    internal const int CloseOnExec = 0x80000;

    /// <summary><c>F_GETFD</c>.</summary>
    internal const int GetFlags = 1;

    /// <summary><c>FD_CLOEXEC</c>.</summary>
    internal const int ClosesOnExec = 1;

    /// <summary><c>F_DUPFD_CLOEXEC</c>.</summary>
    internal const int DuplicateCloseOnExec = 1030;

    /// <summary><c>F_GETFL</c>.</summary>
    internal const int GetStatus = 3;

    /// <summary><c>F_SETFL</c>.</summary>
    internal const int SetStatus = 4;

    /// <summary><c>O_NONBLOCK</c>.</summary>
    internal const int NonBlocking = 0x800;

    /// <summary><c>RWF_NOWAIT</c>.</summary>
    internal const int DoNotWait = 8;

    /// <summary><c>EOPNOTSUPP</c>.</summary>
    internal const int NotSupported = 95;

    /// <summary><c>AT_EMPTY_PATH</c>: of the descriptor itself.</summary>
    internal const int OfDescriptor = 0x1000;

    /// <summary><c>STATX_TYPE</c>.</summary>
    internal const uint FileType = 1;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int GetStatusOf(SafeHandle handle, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Duplicate(SafeHandle handle, int command, int argument);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Control(SafeHandle handle, int command, int argument);

    [LibraryImport(Library, EntryPoint = "preadv2", SetLastError = true)]
    internal static partial nint ReadVectors(SafeHandle handle, in IoVector vectors, int count, long offset, int flags);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Control(int descriptor, int command);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int descriptor, Span<byte> buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(SafeFileHandle handle, out ulong value, nuint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(SafeFileHandle handle, in ulong value, nuint count);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(Span<PollEntry> entries, nuint count, int milliseconds);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial SafeFileHandle CreateEvent(uint initial, int flags);
}
