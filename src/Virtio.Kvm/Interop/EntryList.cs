using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Virtio.Kvm.Interop;

/// <summary>
/// A variable-length argument: the number of entries, four bytes of padding, the entries (<c>struct kvm_cpuid2</c>,
/// <c>struct kvm_msrs</c>).
/// </summary>
internal static class EntryList
{
    internal const int HeaderLength = 8;

    internal static byte[] Of<T>(ReadOnlySpan<T> entries)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(entries);
        byte[] list = new byte[HeaderLength + bytes.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(list, (uint)entries.Length);
        bytes.CopyTo(list.AsSpan(HeaderLength));
        return list;
    }

    /// <summary>The entries, as many as the header says.</summary>
    internal static ReadOnlySpan<T> Entries<T>(ReadOnlySpan<byte> list)
        where T : unmanaged =>
        MemoryMarshal.Cast<byte, T>(list[HeaderLength..])[..(int)BinaryPrimitives.ReadUInt32LittleEndian(list)];
}
