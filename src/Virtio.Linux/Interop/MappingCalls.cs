using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Linux.Interop;

/// <summary>The C library's calls for mapped files. All set errno.</summary>
internal static partial class MappingCalls
{
    /// <summary><c>PROT_READ</c>.</summary>
    internal const int Readable = 1;

    /// <summary><c>PROT_WRITE</c>.</summary>
    internal const int Writable = 2;

    /// <summary><c>PROT_EXEC</c>.</summary>
    internal const int Executable = 4;

    /// <summary><c>MAP_PRIVATE</c>.</summary>
    internal const int Private = 2;

    /// <summary><c>MAP_FIXED</c>.</summary>
    internal const int Fixed = 0x10;

    /// <summary><c>MAP_NORESERVE</c>.</summary>
    internal const int NoReserve = 0x4000;

    /// <summary><c>MAP_ANONYMOUS</c>.</summary>
    internal const int Anonymous = 0x20;

    /// <summary><c>MAP_SHARED</c>.</summary>
    internal const int Shared = 1;

    /// <summary><c>O_CLOEXEC</c> with <c>O_RDONLY</c>.</summary>
    internal const int ForReading = 0x80000;

    /// <summary><c>O_CLOEXEC</c> with <c>O_RDWR</c>.</summary>
    internal const int ForWriting = 0x80002;

    /// <summary><c>MFD_CLOEXEC</c> with <c>MFD_ALLOW_SEALING</c>.</summary>
    internal const uint Sealable = 3;

    /// <summary><c>F_ADD_SEALS</c>.</summary>
    internal const int AddSeals = 1033;

    /// <summary><c>F_SEAL_SHRINK</c> with <c>F_SEAL_SEAL</c>.</summary>
    internal const int NeverShorter = 3;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SafeFileHandle CreateFile(string name, uint flags);

    [LibraryImport(Library, EntryPoint = "fstatfs", SetLastError = true)]
    internal static partial int GetFileSystem(SafeFileHandle file, out FileSystemStatus status);

    [LibraryImport(Library, EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int SetLength(SafeFileHandle file, long length);

    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Map(nint address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Map(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport(Library, EntryPoint = "mprotect", SetLastError = true)]
    internal static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport(Library, EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(nint address, nuint length);
}
