using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Virtio.Linux.Interop;

namespace Virtio.Linux;

/// <summary>Finds the kind of a descriptor that another process has sent, before it is read or written. Thread-safe.</summary>
[SupportedOSPlatform("linux")]
public static class DescriptorKinds
{
    // struct statx has 256 bytes on every processor. The type and the permissions are 16 bits at offset 28.
    private const int StatusLength = 256;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xf000;

    /// <summary>The kind of a descriptor.</summary>
    public static DescriptorKind Of(SafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        bool held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            string? name = NameOf((int)handle.DangerousGetHandle());

            // Only the kernel gives this name: the name of a file begins with a slash.
            if (name == "anon_inode:[eventfd]")
                return DescriptorKind.Event;
            return TypeOf(handle) switch
            {
                // Without /proc there is no name. An eventfd is then recognised by having no file type. A timer or an epoll descriptor has
                // none either and passes for an eventfd: eight bytes written to it reach no other process, and a read from it only wakes
                // the reader.
                0 when name is null => DescriptorKind.Event,
                0x1000 => DescriptorKind.Pipe,
                0x2000 or 0x6000 => DescriptorKind.Device,
                0x4000 or 0x8000 => DescriptorKind.File,
                0xc000 => DescriptorKind.Socket,
                _ => DescriptorKind.Other,
            };
        }
        finally
        {
            if (held)
                handle.DangerousRelease();
        }
    }

    private static int TypeOf(SafeHandle handle)
    {
        Span<byte> status = stackalloc byte[StatusLength];
        return DescriptorCalls.GetStatusOf(handle, "", DescriptorCalls.OfDescriptor, DescriptorCalls.FileType, status) == 0
            ? BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..]) & TypeMask
            : -1;
    }

    private static string? NameOf(int descriptor)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}")).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
