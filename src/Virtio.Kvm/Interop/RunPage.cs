using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Kvm.Interop;

/// <summary>
/// The memory that a vCPU and the host kernel share: <see cref="RunState"/>, then the data of port accesses. Only <see cref="KvmVcpu"/>
/// uses it, and only while it is not disposed.
/// </summary>
internal sealed unsafe partial class RunPage : SafeHandle
{
    /// <summary><c>PROT_READ | PROT_WRITE</c>.</summary>
    internal const int ReadWrite = 3;

    /// <summary><c>MAP_SHARED</c>.</summary>
    internal const int Shared = 1;

    private const string Library = "libc";
    private const nint Failed = -1;

    private readonly int _length;

    private RunPage(nint address, int length)
        : base(Failed, ownsHandle: true)
    {
        _length = length;
        SetHandle(address);
    }

    public override bool IsInvalid => handle == Failed;

    internal ref RunState State => ref *(RunState*)handle;

    internal Span<byte> Bytes => new((void*)handle, _length);

    /// <summary>Maps the page of a vCPU, of the length that KVM reports.</summary>
    internal static RunPage Map(SafeFileHandle vcpu, int length)
    {
        if (length < sizeof(RunState))
            throw new KvmException(KvmRequest.GetVcpuMapSize.Name, $"{length} bytes are too few");
        nint address = Map(0, (nuint)length, ReadWrite, Shared, vcpu, 0);
        return address == Failed ? throw new KvmException("mmap", Marshal.GetLastPInvokeError()) : new RunPage(address, length);
    }

    protected override bool ReleaseHandle() => Unmap(handle, (nuint)_length) == 0;

    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, SafeFileHandle handle, long offset);

    [LibraryImport(Library, EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
