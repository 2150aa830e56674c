using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Kvm.Interop;

/// <summary>The C library's calls on KVM's descriptors.</summary>
internal static unsafe partial class KvmCalls
{
    /// <summary><c>O_RDWR | O_CLOEXEC</c>.</summary>
    internal const int ReadWriteCloseOnExec = 0x80002;

    // MADV_HUGEPAGE
    private const int LargePages = 14;

    private const string Library = "libc";

    /// <summary>Opens a device. The framework's file API would take a lock on it.</summary>
    internal static SafeFileHandle Open(string path)
    {
        SafeFileHandle handle = OpenDevice(path, ReadWriteCloseOnExec);
        return handle.IsInvalid ? throw new KvmException(path, Marshal.GetLastPInvokeError()) : handle;
    }

    internal static int Invoke(SafeHandle handle, in KvmRequest request, nint argument = 0)
    {
        int result;
        while ((result = Control(handle, request.Number, argument)) < 0)
            ThrowUnlessInterrupted(request, Marshal.GetLastPInvokeError());
        return result;
    }

    /// <summary>For an argument that the kernel reads or writes: a structure of the size encoded in the request's number.</summary>
    internal static int Invoke<T>(SafeHandle handle, in KvmRequest request, ref T argument)
        where T : unmanaged
    {
        fixed (T* address = &argument)
            return Invoke(handle, request, (nint)address);
    }

    /// <summary>For an argument of variable length: a header with the number of entries, then the entries.</summary>
    internal static int Invoke(SafeHandle handle, in KvmRequest request, Span<byte> argument)
    {
        fixed (byte* address = argument)
            return Invoke(handle, request, (nint)address);
    }

    /// <summary>Runs the guest; returns 0 or the errno.</summary>
    internal static int Run(SafeFileHandle vcpu) => Control(vcpu, KvmRequest.Run.Number, 0) < 0 ? Marshal.GetLastPInvokeError() : 0;

    /// <summary>
    /// Asks for large pages behind a mapping, including where the host gives them only on request or has to make room for them first.
    /// The guest runs even if the request is not granted.
    /// </summary>
    internal static void PreferLargePages(nint address, ulong size) => _ = Advise(address, (nuint)size, LargePages);

    private static void ThrowUnlessInterrupted(in KvmRequest request, int errorNumber)
    {
        if (errorNumber != ErrorNumbers.Interrupted)
            throw new KvmException(request.Name, errorNumber);
    }

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenDevice(string path, int flags);

    [LibraryImport(Library, EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);

    // Variadic in C. On x86-64 a third integer argument is passed as if it were declared.
    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeHandle handle, nuint request, nint argument);
}
