using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests;

public sealed class StopTests
{
    [Fact]
    public void A_guest_that_halts_with_no_controller_in_the_kernel_stops_and_can_go_on()
    {
        using var guest = BareMetalGuest.Create("hlt; out 0x10, al; 1: jmp 1b");

        guest.RunTo(KvmExitReason.Halt);

        guest.RunTo(KvmExitReason.Port);
    }

    [Theory]
    [InlineData(GuestRing.Kernel)]
    [InlineData(GuestRing.User)]
    public void A_triple_fault_is_a_shutdown(GuestRing ring)
    {
        using var guest = BareMetalGuest.Create("ud2", ring);

        guest.RunTo(KvmExitReason.Shutdown);
    }

    [Fact]
    public void Code_in_no_memory_is_an_error_that_says_what_KVM_could_not_do()
    {
        using var guest = BareMetalGuest.Create("mov eax, 0xd0000000; jmp rax");

        guest.RunTo(KvmExitReason.InternalError);

        Assert.Equal(1u, guest.Vcpu.InternalError.Kind);
        Assert.StartsWith("an instruction that KVM cannot emulate", guest.Vcpu.InternalError.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_another_exit_said_is_refused()
    {
        using var guest = BareMetalGuest.Create("out 0x10, al; 1: jmp 1b");
        guest.RunTo(KvmExitReason.Port);

        Assert.Throws<InvalidOperationException>(() => guest.Vcpu.Mmio.Address);
        Assert.Throws<InvalidOperationException>(() => guest.Vcpu.InternalError);
        Assert.Throws<InvalidOperationException>(() => guest.Vcpu.EntryFailure);
        Assert.Equal(
            "the last run of vCPU 0 ended with Port, not with SystemEvent",
            Assert.Throws<InvalidOperationException>(() => guest.Vcpu.SystemEvent).Message);
    }

    [Fact]
    public void Memory_above_4_GiB_is_the_guests()
    {
        const ulong high = 1ul << 32;
        using var guest = BareMetalGuest.Create(
            "mov rbx, 0x100001000; mov rax, [rbx]; inc rax; mov [rbx + 8], rax; out 0x10, al; 1: jmp 1b");
        Span<byte> memory = guest.AddMemory(high, 0x200000);
        memory[0x1000] = 41;

        guest.RunTo(KvmExitReason.Port);

        Assert.Equal(42, memory[0x1008]);
    }

    [Fact]
    public void Memory_that_was_taken_away_is_a_device_again()
    {
        using var guest = BareMetalGuest.Create("1: mov byte ptr [0x300000], 1; jmp 1b");
        guest.AddMemory(0x300000, 0x1000);

        guest.Vm.SetMemory(1, 0x300000, 0, 0);

        guest.RunTo(KvmExitReason.Mmio);
        Assert.Equal(0x300000ul, guest.Vcpu.Mmio.Address);
    }
}
