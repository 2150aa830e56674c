using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Kvm.Interop;

/// <summary>The used part of <c>struct kvm_run</c>. The exit reason says which of the overlapping fields are valid.</summary>
[StructLayout(LayoutKind.Explicit, Size = 2352)]
internal struct RunState
{
    /// <summary><c>KVM_EXIT_IO_OUT</c>.</summary>
    internal const byte PortOut = 1;

    /// <summary>The offset of <see cref="MmioData"/>.</summary>
    internal const int MmioDataOffset = 40;

    [FieldOffset(1)]
    internal byte ImmediateExit;

    [FieldOffset(8)]
    internal uint ExitReason;

    [FieldOffset(32)]
    internal byte PortDirection;

    [FieldOffset(33)]
    internal byte PortSize;

    [FieldOffset(34)]
    internal ushort Port;

    [FieldOffset(36)]
    internal uint PortCount;

    [FieldOffset(40)]
    internal ulong PortDataOffset;

    [FieldOffset(32)]
    internal ulong MmioAddress;

    [FieldOffset(MmioDataOffset)]
    internal ulong MmioData;

    [FieldOffset(48)]
    internal uint MmioLength;

    [FieldOffset(52)]
    internal byte MmioIsWrite;

    [FieldOffset(32)]
    internal ulong EntryFailureReason;

    // The fields that InternalError and SystemEvent share.
    [FieldOffset(32)]
    internal uint Kind;

    [FieldOffset(36)]
    internal uint DataCount;

    [FieldOffset(40)]
    internal Words Data;

    [InlineArray(Count)]
    internal struct Words
    {
        internal const int Count = 16;

        private ulong _first;
    }
}
