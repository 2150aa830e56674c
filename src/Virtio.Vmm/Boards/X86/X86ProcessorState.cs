using System.Buffers.Binary;
using System.Runtime.Versioning;
using Virtio.Kvm;

namespace Virtio.Vmm.Boards.X86;

/// <summary>Sets the state in which firmware would leave a processor. For the vCPU's thread.</summary>
[SupportedOSPlatform("linux")]
internal static class X86ProcessorState
{
    private const int LocalInterrupt0 = 0x350;
    private const int LocalInterrupt1 = 0x360;
    private const uint ExternalInterrupt = 7 << 8;
    private const uint NonMaskable = 4 << 8;

    /// <summary>Sets the state that is the same for every processor.</summary>
    public static void Prepare(KvmVcpu vcpu, ReadOnlySpan<KvmCpuidEntry> cpuid)
    {
        const ulong FastStrings = 1;
        const ulong WriteBackEverywhere = 1 << 11 | 6;
        vcpu.SetCpuid(cpuid);
        vcpu.SetMsrs([new KvmMsr(KvmMsrIndex.MiscEnable, FastStrings), new KvmMsr(KvmMsrIndex.MtrrDefaultType, WriteBackEverywhere)]);
        vcpu.SetFloatingPoint(new KvmFloatingPoint { ControlWord = 0x37f });

        // As on a PC: the 8259 is connected to the first pin, the NMI to the second.
        Span<byte> apic = stackalloc byte[KvmVcpu.LocalApicLength];
        vcpu.GetLocalApic(apic);
        BinaryPrimitives.WriteUInt32LittleEndian(apic[LocalInterrupt0..], ExternalInterrupt);
        BinaryPrimitives.WriteUInt32LittleEndian(apic[LocalInterrupt1..], NonMaskable);
        vcpu.SetLocalApic(apic);
    }

    /// <summary>Sets the state that the kernel expects of the first processor.</summary>
    public static void Enter(KvmVcpu vcpu, X86EntryState entry)
    {
        var special = vcpu.GetSpecialRegisters();
        special.Code = Segment(entry.Code);
        special.Data = special.Extra = special.Fs = special.Gs = special.Stack = Segment(entry.Data);
        special.Task = Segment(entry.Task);
        special.LocalTable = new KvmSegment { Unusable = 1 };
        special.GlobalTable = new KvmDescriptorTable { Base = entry.GdtAddress, Limit = entry.GdtLimit };
        special.InterruptTable = default;
        special.Cr0 = entry.Cr0;
        special.Cr3 = entry.Cr3;
        special.Cr4 = entry.Cr4;
        special.Efer = entry.Efer;
        vcpu.SetSpecialRegisters(special);
        vcpu.SetRegisters(new KvmRegisters { Rip = entry.InstructionPointer, Rsi = entry.Rsi, Rbx = entry.Rbx, Rflags = entry.Flags });
    }

    private static KvmSegment Segment(in X86Segment segment) => new()
    {
        Selector = segment.Selector,
        Limit = segment.Limit,
        Type = segment.Type,
        Present = 1,
        CodeOrData = Bit(!segment.IsSystem),
        LongMode = Bit(segment.IsLong),
        DefaultSize = Bit(segment.Is32Bit),
        Granularity = Bit(segment.HasPageGranularity),
    };

    private static byte Bit(bool value) => value ? (byte)1 : (byte)0;
}
