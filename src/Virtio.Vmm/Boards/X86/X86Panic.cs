using System.Buffers.Binary;
using System.Runtime.Versioning;
using Virtio.Kvm;

namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// Tells whether a processor's reset request is the last step of a panic: Linux makes the same request when it reboots.
/// </summary>
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
    /// A panic first disables interrupts. Then it stops the other processors, which disables the local APIC. An orderly reboot ends in the
    /// same state, but before that it has turned off KVM's clock, which every kernel with KVM support uses. The state is not enough where
    /// the kernel supports neither KVM nor several processors.
    /// Then the panic's words on the serial port decide, although any program can print them.
    /// </summary>
    /// <param name="vcpu">The processor; only its own thread may call this.</param>
    /// <param name="hasPrintedPanic">Whether the words of a panic were seen.</param>
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
