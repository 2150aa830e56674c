using System.Runtime.InteropServices;
using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests;

public sealed class StateTests : IDisposable
{
    private readonly BareMetalGuest _guest = BareMetalGuest.Create(
        "mov eax, 0x40000000; xor ecx, ecx; cpuid; mov [0x100000], rbx; out 0x10, al; 1: jmp 1b", withInterruptController: true);

    private KvmVcpu Vcpu => _guest.Vcpu;

    public void Dispose() => _guest.Dispose();

    [Fact]
    public void General_registers_are_kept()
    {
        Span<KvmRegisters> registers = [default];
        Span<ulong> values = MemoryMarshal.Cast<KvmRegisters, ulong>(registers);
        for (int i = 0; i < values.Length; i++)
            values[i] = (ulong)i + 1;
        registers[0].Rflags = 2;

        Vcpu.SetRegisters(registers[0]);

        Assert.Equal(registers[0], Vcpu.GetRegisters());
    }

    [Fact]
    public void Segment_and_control_registers_are_kept()
    {
        KvmSpecialRegisters registers = Vcpu.GetSpecialRegisters();
        registers.Fs.Base = 0x1234000;
        registers.Cr2 = 0x5678;
        registers.Cr8 = 3;

        Vcpu.SetSpecialRegisters(registers);

        KvmSpecialRegisters kept = Vcpu.GetSpecialRegisters();
        Assert.Equal((0x1234000ul, 0x5678ul, 3ul, 0xd01ul), (kept.Fs.Base, kept.Cr2, kept.Cr8, kept.Efer));
        Assert.Equal((registers.Code.Selector, registers.Code.LongMode, registers.Cr3), (kept.Code.Selector, kept.Code.LongMode, kept.Cr3));
    }

    [Fact]
    public void Floating_point_registers_are_kept()
    {
        KvmFloatingPoint registers = Vcpu.GetFloatingPoint();
        registers.ControlWord = 0x27f;
        registers.StatusWord = 0x3800;

        Vcpu.SetFloatingPoint(registers);

        KvmFloatingPoint kept = Vcpu.GetFloatingPoint();
        Assert.Equal((0x27f, 0x3800), (kept.ControlWord, kept.StatusWord));
    }

    [Fact]
    public void Model_specific_registers_are_kept()
    {
        Vcpu.SetMsrs([new KvmMsr(KvmMsrIndex.LongStar, 0x123456), new KvmMsr(KvmMsrIndex.KernelGsBase, 0x789000)]);

        KvmMsr[] kept = [new(KvmMsrIndex.KernelGsBase), new(KvmMsrIndex.LongStar)];
        Vcpu.GetMsrs(kept);

        Assert.Equal([0x789000ul, 0x123456ul], kept.Select(register => register.Value));
    }

    [Fact]
    public void A_model_specific_register_that_KVM_does_not_have_is_named()
    {
        KvmMsr[] registers = [new(KvmMsrIndex.LongStar, 1), new(0x12345678, 1)];

        Assert.Equal(
            "KVM_SET_MSRS: KVM does not have MSR 0x12345678, or not with this value",
            Assert.Throws<KvmException>(() => Vcpu.SetMsrs(registers)).Message);
        Assert.Equal(
            "KVM_GET_MSRS: KVM does not have MSR 0x12345678, or not with this value",
            Assert.Throws<KvmException>(() => Vcpu.GetMsrs(registers)).Message);
    }

    [Fact]
    public void KVM_has_the_model_specific_registers_that_are_named_here()
    {
        KvmMsr[] registers =
        [
            new(KvmMsrIndex.TimeStampCounter),
            new(KvmMsrIndex.ApicBase),
            new(KvmMsrIndex.SysenterCs),
            new(KvmMsrIndex.SysenterEsp),
            new(KvmMsrIndex.SysenterEip),
            new(KvmMsrIndex.MiscEnable),
            new(KvmMsrIndex.MtrrDefaultType),
            new(KvmMsrIndex.Efer),
            new(KvmMsrIndex.Star),
            new(KvmMsrIndex.LongStar),
            new(KvmMsrIndex.CompatibilityStar), new(KvmMsrIndex.SyscallMask), new(KvmMsrIndex.KernelGsBase),
        ];

        Vcpu.GetMsrs(registers);

        Assert.Equal(Vcpu.GetSpecialRegisters().Efer, registers.Single(register => register.Index == KvmMsrIndex.Efer).Value);
        Assert.Equal(Vcpu.GetSpecialRegisters().ApicBase, registers.Single(register => register.Index == KvmMsrIndex.ApicBase).Value);
    }

    [Fact]
    public void The_local_APIC_is_kept()
    {
        const int localInterrupt0 = 0x350;
        byte[] state = new byte[KvmVcpu.LocalApicLength];
        Vcpu.GetLocalApic(state);
        state[localInterrupt0] = 0;
        state[localInterrupt0 + 1] = 7; // From an 8259.

        Vcpu.SetLocalApic(state);

        byte[] kept = new byte[KvmVcpu.LocalApicLength];
        Vcpu.GetLocalApic(kept);
        Assert.Equal(7, kept[localInterrupt0 + 1] & 7);
        Assert.Throws<ArgumentOutOfRangeException>(() => Vcpu.GetLocalApic(new byte[KvmVcpu.LocalApicLength - 1]));
    }

    [Fact]
    public void The_guest_gets_the_answers_to_CPUID_that_were_set()
    {
        using KvmSystem system = Host.OpenKvm();
        KvmVcpu vcpu = Vcpu;
        vcpu.SetCpuid(
            [
                .. system.GetSupportedCpuid().Where(entry => entry.Function != 0x40000000),
                new KvmCpuidEntry { Function = 0x40000000, Eax = 0x40000000, Ebx = 0x12345678 },
            ]);

        _guest.RunTo(KvmExitReason.Port);

        Assert.Equal(0x12345678ul, _guest.ReadData());
    }

    [Fact]
    public void The_time_stamp_counter_has_a_frequency() => Assert.InRange(Vcpu.GetTscFrequency(), 100_000, 10_000_000);
}
