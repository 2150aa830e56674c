using System.Runtime.InteropServices;

namespace Virtio.Kvm;

/// <summary>A segment register with the descriptor that it holds (<c>struct kvm_segment</c>). One-bit fields are 0 or 1.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmSegment
{
    /// <summary>Linear address of the first byte.</summary>
    public ulong Base;

    /// <summary>Offset of the last byte; in bytes even if <see cref="Granularity"/> is 1.</summary>
    public uint Limit;

    /// <summary>The selector.</summary>
    public ushort Selector;

    /// <summary>
    /// Type, 4 bits: 0xb is accessed code, 3 is accessed data; for <see cref="KvmSpecialRegisters.Task"/> 0xb is a busy 64-bit task.
    /// </summary>
    public byte Type;

    /// <summary>P.</summary>
    public byte Present;

    /// <summary>DPL, 2 bits.</summary>
    public byte PrivilegeLevel;

    /// <summary>D or B: a default size of 32 bits.</summary>
    public byte DefaultSize;

    /// <summary>S: code or data, not a system descriptor.</summary>
    public byte CodeOrData;

    /// <summary>L: 64-bit code.</summary>
    public byte LongMode;

    /// <summary>G: the limit in the descriptor counts pages of 4 KiB.</summary>
    public byte Granularity;

    /// <summary>AVL: available to software.</summary>
    public byte Available;

    /// <summary>Whether the register holds no segment.</summary>
    public byte Unusable;

    internal byte Padding;
}
