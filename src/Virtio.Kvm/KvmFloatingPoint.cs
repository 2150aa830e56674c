using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Kvm;

/// <summary>Floating-point registers of a vCPU (<c>struct kvm_fpu</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmFloatingPoint
{
    internal Registers8 Stack;

    /// <summary>The x87 control word; 0x37f after FNINIT.</summary>
    public ushort ControlWord;

    /// <summary>The x87 status word.</summary>
    public ushort StatusWord;

    internal byte Tags;
    internal byte Padding0;
    internal ushort LastOpcode;
    internal ulong LastInstruction;
    internal ulong LastData;
    internal Registers16 Vectors;

    // KVM neither sets nor gets this field.
    internal uint Mxcsr;
    internal uint Padding1;

    [InlineArray(8 * 2)]
    internal struct Registers8
    {
        private ulong _first;
    }

    [InlineArray(16 * 2)]
    internal struct Registers16
    {
        private ulong _first;
    }
}
