using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Kvm.Interop;

/// <summary><c>struct kvm_ioeventfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoEvent
{
    internal const uint Matches = 1;
    internal const uint IsPort = 2;
    internal const uint Removes = 4;

    internal ulong Match;
    internal ulong Address;
    internal uint Length;
    internal int Descriptor;
    internal uint Flags;
    internal Padding Rest;

    [InlineArray(36)]
    internal struct Padding
    {
        private byte _first;
    }
}
