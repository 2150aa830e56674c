using System.Buffers.Binary;
using System.Runtime.Versioning;
using Virtio.Kvm;

namespace Virtio.Vmm.Boards.X86;

/// <summary>Tells whether a reset that a processor asks for is the last step of a panic: Linux asks for the same one when it reboots.</summary>
[SupportedOSPlatform("linux")]
internal static class X86Panic
{
    private const ulong InterruptsEnabled = 1 << 9;
    private const uint WallClock = 0x4b56_4d00; // MSR_KVM_WALL_CLOCK_NEW
    private const uint SystemTime = 0x4b56_4d01; // MSR_KVM_SYSTEM_TIME_NEW
    private const ulong ClockEnabled = 1;
    private const int SpuriousInterrupt = 0xf0;
    private const uint ApicEnabled = 1 << 8;

    /// <summary>
    /// A panic disables interrupts as its first step; then it stops the other processors and, with that, the local APIC. An orderly reboot comes to the same, but
    /// has before that taken from KVM the clock that every kernel uses that knows of KVM. Where the state does not tell, because the kernel knows nothing of KVM
    /// or of several processors, a panic is known by its words on the serial port, although any program can print those as well.
    /// </summary>
    /// <param name="vcpu">The processor; the call is for its thread.</param>
    /// <param name="hasPrintedPanic">Whether the words were seen.</param>
    public static bool IsLastStep(KvmVcpu vcpu, bool hasPrintedPanic)
    {
        if ((vcpu.GetRegisters().Rflags & InterruptsEnabled) != 0)
            return false;
        Span<KvmMsr> clocks = [new KvmMsr(SystemTime), new KvmMsr(WallClock)];
        vcpu.GetMsrs(clocks);
        var sharesClock = (clocks[0].Value & ClockEnabled) != 0;
        var hasSharedClock = clocks[1].Value != 0;
        if (sharesClock && !IsApicEnabled(vcpu))
            return true;
        return hasPrintedPanic && (sharesClock || !hasSharedClock);
    }

    private static bool IsApicEnabled(KvmVcpu vcpu)
    {
        Span<byte> apic = stackalloc byte[KvmVcpu.LocalApicLength];
        vcpu.GetLocalApic(apic);
        return (BinaryPrimitives.ReadUInt32LittleEndian(apic[SpuriousInterrupt..]) & ApicEnabled) != 0;
    }
}
