using System.Runtime.InteropServices;

namespace Virtio.Kvm;

/// <summary>The location of a descriptor table (<c>struct kvm_dtable</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmDescriptorTable
{
    /// <summary>Linear address of the first byte.</summary>
    public ulong Base;

    /// <summary>Offset of the last byte.</summary>
    public ushort Limit;

    internal ushort Padding0;
    internal ushort Padding1;
    internal ushort Padding2;
}
