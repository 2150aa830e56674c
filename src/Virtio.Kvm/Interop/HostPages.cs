using System.Runtime.InteropServices;

namespace Virtio.Kvm.Interop;

/// <summary>Zeroed pages of this process for a probe's guest. Must outlive the VM that uses them.</summary>
internal sealed unsafe class HostPages : SafeHandle
{
    private const nuint PageSize = 4096;

    private readonly int _size;

    internal HostPages(int size)
        : base(0, ownsHandle: true)
    {
        _size = size;
        SetHandle((nint)NativeMemory.AlignedAlloc((nuint)size, PageSize));
        Span.Clear();
    }

    public override bool IsInvalid => handle == 0;

    internal nint Address => handle;

    internal Span<byte> Span => new((void*)handle, _size);

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
