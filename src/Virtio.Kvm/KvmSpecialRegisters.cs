using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Virtio.Kvm;

/// <summary>Segment and control registers of a vCPU (<c>struct kvm_sregs</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmSpecialRegisters
{
    /// <summary>CS.</summary>
    public KvmSegment Code;

    /// <summary>DS.</summary>
    public KvmSegment Data;

    /// <summary>ES.</summary>
    public KvmSegment Extra;

    /// <summary>FS.</summary>
    public KvmSegment Fs;

    /// <summary>GS.</summary>
    public KvmSegment Gs;

    /// <summary>SS.</summary>
    public KvmSegment Stack;

    /// <summary>TR.</summary>
    public KvmSegment Task;

    /// <summary>LDTR.</summary>
    public KvmSegment LocalTable;

    /// <summary>GDTR.</summary>
    public KvmDescriptorTable GlobalTable;

    /// <summary>IDTR.</summary>
    public KvmDescriptorTable InterruptTable;

    /// <summary>CR0.</summary>
    public ulong Cr0;

    /// <summary>CR2.</summary>
    public ulong Cr2;

    /// <summary>CR3.</summary>
    public ulong Cr3;

    /// <summary>CR4.</summary>
    public ulong Cr4;

    /// <summary>CR8.</summary>
    public ulong Cr8;

    /// <summary>EFER.</summary>
    public ulong Efer;

    /// <summary>IA32_APIC_BASE.</summary>
    public ulong ApicBase;

    internal Bitmap PendingInterrupts;

    /// <summary><c>interrupt_bitmap</c>.</summary>
    [InlineArray(4)]
    internal struct Bitmap
    {
        private ulong _first;
    }
}
