using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Riscv;

/// <summary>
/// A zeroed array outside the managed heap. The host allocates pages of such memory only when they are touched, and the garbage collector
/// neither clears nor scans it. That matters because a hart's arrays are large and mostly unused. The user must not outlive it.
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

    /// <summary>All elements; throws once the array is disposed.</summary>
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
