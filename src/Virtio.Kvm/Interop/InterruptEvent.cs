using System.Runtime.InteropServices;

namespace Virtio.Kvm.Interop;

/// <summary><c>struct kvm_irqfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct InterruptEvent
{
    internal const uint Removes = 1;

    internal uint Descriptor;
    internal uint Line;
    internal uint Flags;
    internal uint ResampleDescriptor;
    internal ulong Padding0;
    internal ulong Padding1;
}
