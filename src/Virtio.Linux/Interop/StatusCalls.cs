using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary>The C library's call for a file's status without opening it. Sets errno.</summary>
internal static partial class StatusCalls
{
    /// <summary><c>AT_FDCWD</c>.</summary>
    internal const int CurrentFolder = -100;

    /// <summary><c>STATX_TYPE</c>.</summary>
    internal const uint Type = 1;

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Get(int folder, string path, int flags, uint wanted, out FileStatus status);
}
