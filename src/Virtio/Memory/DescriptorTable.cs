using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Virtio.Memory;

/// <summary>An indirect table in guest memory. All of it was checked to be RAM. It need not be aligned.</summary>
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
internal readonly unsafe struct DescriptorTable
{
    private readonly byte* _base;

    internal DescriptorTable(nint host) => _base = (byte*)unchecked((void*)host);

    /// <summary>Reads the descriptor at an offset in bytes, each word once.</summary>
    // SAFETY: the caller has compared the offset with the table's length, which was checked.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Descriptor Read(uint offset)
    {
        byte* bytes = unchecked(_base + offset);
        return new Descriptor(Unsafe.ReadUnaligned<ulong>(bytes), Unsafe.ReadUnaligned<ulong>(unchecked(bytes + sizeof(ulong))));
    }
}
