using System.Runtime.InteropServices;

namespace Virtio.Kvm;

/// <summary>A model-specific register and its value (<c>struct kvm_msr_entry</c>).</summary>
/// <param name="index">The register's number: one of <see cref="KvmMsrIndex"/>, or any other.</param>
/// <param name="value">Its value.</param>
[StructLayout(LayoutKind.Sequential)]
public struct KvmMsr(uint index, ulong value = 0)
{
    /// <summary>The register's number.</summary>
    public uint Index = index;

    internal uint Padding;

    /// <summary>Its value.</summary>
    public ulong Value = value;
}
