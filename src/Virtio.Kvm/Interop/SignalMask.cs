using System.Runtime.InteropServices;

namespace Virtio.Kvm.Interop;

/// <summary><c>struct kvm_signal_mask</c>, followed by the kernel's set of 64 signals.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct SignalMask
{
    internal uint Length;
    internal ulong Signals;
}
