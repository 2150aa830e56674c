using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Kvm.Interop;

/// <summary><c>struct kvm_pit_config</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PitConfig
{
    /// <summary>
    /// <c>KVM_PIT_SPEAKER_DUMMY</c>: the host kernel also handles port 0x61, through which kernels read the timer's second channel.
    /// </summary>
    internal const uint WithSpeakerPort = 1;

    internal uint Flags;
    internal Padding Rest;

    [InlineArray(15)]
    internal struct Padding
    {
        private uint _first;
    }
}
