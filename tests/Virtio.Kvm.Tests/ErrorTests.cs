using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests;

public sealed class ErrorTests
{
    [Fact]
    public void Errors_name_the_call_and_the_error()
    {
        using var guest = BareMetalGuest.Create("1: jmp 1b");
        using var no = new EventDescriptor();

        AssertFails("KVM_CREATE_VCPU: EEXIST (File exists)", 17, () => guest.Vm.CreateVcpu(0));
        AssertFails("KVM_CREATE_VCPU: EINVAL (Invalid argument)", 22, () => guest.Vm.CreateVcpu(100_000));
        AssertFails("KVM_SET_USER_MEMORY_REGION: EEXIST (File exists)", 17, () => guest.AddMemory(0x1000, 0x1000));
        AssertFails("KVM_SET_USER_MEMORY_REGION: EINVAL (Invalid argument)", 22, () => guest.Vm.SetMemory(5, 0x123, 0x1000, 0));
        AssertFails("KVM_IRQ_LINE: ENXIO (No such device or address)", 6, () => guest.Vm.SetInterruptLine(5, true));
        AssertFails("KVM_GET_LAPIC: EINVAL (Invalid argument)", 22, () => guest.Vcpu.GetLocalApic(new byte[KvmVcpu.LocalApicLength]));
        AssertFails("KVM_CREATE_IRQCHIP: EINVAL (Invalid argument)", 22, guest.Vm.CreateInterruptController);
        AssertFails("KVM_CREATE_PIT2: ENOENT (No such file or directory)", 2, guest.Vm.CreatePit);
    }

    [Fact]
    public void A_failed_vCPU_leaves_the_machine_as_it_was()
    {
        using var guest = BareMetalGuest.Create("out 0x10, al; 1: jmp 1b");
        Assert.Throws<KvmException>(() => guest.Vm.CreateVcpu(0));

        guest.RunTo(KvmExitReason.Port);
    }

    [Fact]
    public void Capabilities_are_numbers()
    {
        using KvmSystem system = Host.OpenKvm();
        using KvmVm vm = system.CreateVm();

        Assert.Equal(KvmSystem.SupportedApiVersion, system.ApiVersion);
        Assert.True(system.CheckExtension(KvmCapability.MemorySlotCount) > 8);
        Assert.True(vm.CheckExtension(KvmCapability.MaximumVcpuCount) >= 32);
        Assert.Equal(0, system.CheckExtension((KvmCapability)0x7fffffff));
    }

    [Fact]
    public void The_system_says_what_guests_can_have()
    {
        using KvmSystem system = Host.OpenKvm();

        Assert.Contains(system.GetSupportedCpuid(), entry => entry.Function == 1 && entry.Eax != 0);
        Assert.Contains(KvmMsrIndex.LongStar, system.GetMsrIndexes());
    }

    private static void AssertFails(string message, int errorNumber, Action call)
    {
        KvmException exception = Assert.Throws<KvmException>(call);
        Assert.Equal((message, errorNumber, message.Split(':')[0]), (exception.Message, exception.ErrorNumber, exception.Call));
    }
}
