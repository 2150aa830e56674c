using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Virtio.Memory;

/// <summary>An indirect table in guest memory, all of which was checked to be RAM. It may lie at any address.</summary>
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
internal readonly unsafe struct DescriptorTable
{
    private readonly byte* _base;

    internal DescriptorTable(nint host) => _base = (byte*)unchecked((void*)host);

    /// <summary>Copies the descriptor out that begins at an offset in bytes, once.</summary>
    // SAFETY: whoever asks has compared the offset with the length that was checked.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Descriptor Read(uint offset)
    {
        byte* bytes = unchecked(_base + offset);
        return new Descriptor(Unsafe.ReadUnaligned<ulong>(bytes), Unsafe.ReadUnaligned<ulong>(unchecked(bytes + sizeof(ulong))));
    }
}
