using System.Runtime.InteropServices;

namespace Virtio.Kvm;

/// <summary>What CPUID answers for one function and index (<c>struct kvm_cpuid_entry2</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmCpuidEntry
{
    /// <summary>The function: EAX of the question.</summary>
    public uint Function;

    /// <summary>The index: ECX of the question.</summary>
    public uint Index;

    /// <summary>1 if the answer depends on <see cref="Index"/> (<c>KVM_CPUID_FLAG_SIGNIFCANT_INDEX</c>).</summary>
    public uint Flags;

    /// <summary>EAX of the answer.</summary>
    public uint Eax;

    /// <summary>EBX of the answer.</summary>
    public uint Ebx;

    /// <summary>ECX of the answer.</summary>
    public uint Ecx;

    /// <summary>EDX of the answer.</summary>
    public uint Edx;

    internal uint Padding0;
    internal uint Padding1;
    internal uint Padding2;
}
