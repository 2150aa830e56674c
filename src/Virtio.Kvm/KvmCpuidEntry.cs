using System.Runtime.InteropServices;

namespace Virtio.Kvm;

/// <summary>The result of CPUID for one function and index (<c>struct kvm_cpuid_entry2</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmCpuidEntry
{
    /// <summary>The function: EAX before the instruction.</summary>
    public uint Function;

    /// <summary>The index: ECX before the instruction.</summary>
    public uint Index;

    /// <summary>1 if the result depends on <see cref="Index"/> (<c>KVM_CPUID_FLAG_SIGNIFCANT_INDEX</c>).</summary>
    public uint Flags;

    /// <summary>EAX of the result.</summary>
    public uint Eax;

    /// <summary>EBX of the result.</summary>
    public uint Ebx;

    /// <summary>ECX of the result.</summary>
    public uint Ecx;

    /// <summary>EDX of the result.</summary>
    public uint Edx;

    internal uint Padding0;
    internal uint Padding1;
    internal uint Padding2;
}
