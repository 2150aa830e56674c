using System.Runtime.InteropServices;

namespace Virtio.Kvm.Interop;

/// <summary><c>struct kvm_userspace_memory_region</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MemoryRegion
{
    internal uint Slot;
    internal uint Flags;
    internal ulong GuestAddress;
    internal ulong Size;
    internal ulong HostAddress;
}
