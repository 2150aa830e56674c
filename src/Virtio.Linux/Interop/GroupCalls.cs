using System.Runtime.InteropServices;

namespace Virtio.Linux.Interop;

/// <summary>The C library's calls for groups. An unknown group is not an error: the result is null.</summary>
internal static partial class GroupCalls
{
    /// <summary><c>ERANGE</c>: the buffer is too short for the entry.</summary>
    internal const int BufferTooShort = 34;

    /// <summary>"Leave it as it is", as user or group of <see cref="ChangeOwner"/>.</summary>
    internal const uint Unchanged = uint.MaxValue;

    private const string Library = "libc";

    /// <summary>Returns an errno value, 0 for success.</summary>
    [LibraryImport(Library, EntryPoint = "getgrnam_r", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int FindByName(string name, out GroupEntry group, Span<byte> buffer, nuint length, out nint result);

    /// <summary>Does not follow a symbolic link. Sets errno.</summary>
    [LibraryImport(Library, EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int ChangeOwner(string path, uint user, uint group);
}
