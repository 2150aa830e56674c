using System.Runtime.CompilerServices;

namespace Virtio.Kvm.Interop;

/// <summary><c>sigset_t</c> of the C library, whose first word is the kernel's set: signal n is bit n - 1.</summary>
[InlineArray(16)]
internal struct SignalSet
{
    private ulong _first;

    internal static SignalSet Of(int signal)
    {
        var set = default(SignalSet);
        set[0] = 1ul << (signal - 1);
        return set;
    }
}
