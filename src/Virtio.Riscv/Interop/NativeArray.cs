using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Riscv;

/// <summary>
/// A zeroed array outside the managed heap. The host gives such memory its pages only when they are touched, and the collector neither
/// clears nor scans it: what a hart keeps is large, and most of it stays unused. Whoever uses it must not outlive it.
/// </summary>
internal sealed unsafe class NativeArray<T> : SafeHandle
    where T : unmanaged
{
    public NativeArray(int length)
        : base(0, ownsHandle: true)
    {
        Length = length;
        SetHandle((nint)NativeMemory.AllocZeroed((nuint)length, (nuint)sizeof(T)));
    }

    public override bool IsInvalid => handle == 0;

    public int Length { get; }

    public ref T First
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref *(T*)handle;
    }

    /// <summary>All of it; throws once it is disposed.</summary>
    public Span<T> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return new((void*)handle, Length);
        }
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}
