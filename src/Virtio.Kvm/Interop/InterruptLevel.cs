using System.Runtime.InteropServices;

namespace Virtio.Kvm.Interop;

/// <summary><c>struct kvm_irq_level</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct InterruptLevel
{
    internal uint Line;
    internal uint Level;
}
