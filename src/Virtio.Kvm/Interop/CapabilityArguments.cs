using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Kvm.Interop;

/// <summary><c>struct kvm_enable_cap</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CapabilityArguments
{
    internal uint Capability;
    internal uint Flags;
    internal Words Arguments;
    internal Padding Rest;

    [InlineArray(4)]
    internal struct Words
    {
        private ulong _first;
    }

    [InlineArray(64)]
    internal struct Padding
    {
        private byte _first;
    }
}
