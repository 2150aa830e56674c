using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests;

public sealed class MultiprocessorTests
{
    private const int StartPage = 0x50;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_second_vCPU_starts_when_the_first_one_sends_for_it()
    {
        // Sends INIT to processor 1, then a startup interrupt for page 0x50, and waits until that processor has written.
        using var guest = BareMetalGuest.Create(
            """
            mov ebx, 0xfee00000
            mov dword ptr [rbx + 0xf0], 0x1ff
            mov dword ptr [rbx + 0x310], 0x1000000
            mov dword ptr [rbx + 0x300], 0x4500
            mov dword ptr [rbx + 0x310], 0x1000000
            mov dword ptr [rbx + 0x300], 0x4650
            1: cmp word ptr [0x60000], 0x1234
            jne 1b
            out 0x10, al
            2: jmp 2b
            """,
            withInterruptController: true);
        Assembler.Assemble(".code16; mov ax, 0x6000; mov ds, ax; mov word ptr [0], 0x1234; out 0x11, al; 1: jmp 1b", 0)
            .CopyTo(guest.Memory[(StartPage << 12)..]);
        KvmVcpu second = guest.Vm.CreateVcpu(1);
        Assert.Equal(KvmMpState.Uninitialized, second.GetMpState());
        Task<KvmExitReason> run = Task.Run(() => BareMetalGuest.Run(second));

        guest.RunTo(KvmExitReason.Port);

        Assert.Equal(KvmExitReason.Port, await run.WaitAsync(Limit));
        Assert.Equal(0x11, second.Port.Port);
    }

    [Theory]
    [InlineData(GuestRing.Kernel)]
    [InlineData(GuestRing.User)]
    public async Task A_second_vCPU_starts_where_its_registers_say(GuestRing ring)
    {
        // The two processors take 1000 turns, each waiting for the other's.
        using var guest = BareMetalGuest.Create(
            """
            mov ecx, 1000
            1: cmp [0x100000], rdi
            jne 1b
            mov rax, rdi
            xor rax, 1
            mov [0x100000], rax
            dec ecx
            jnz 1b
            out 0x10, al
            2: jmp 2b
            """,
            ring,
            withInterruptController: true);
        KvmVcpu second = guest.AddVcpu(1, ring);
        second.SetRegisters(second.GetRegisters() with { Rdi = 1 });
        second.SetMpState(KvmMpState.Runnable);
        Task<KvmExitReason> run = Task.Run(() => BareMetalGuest.Run(second));

        guest.RunTo(KvmExitReason.Port);

        Assert.Equal(KvmExitReason.Port, await run.WaitAsync(Limit));
    }

    [Fact]
    public void A_vCPU_that_waits_to_be_started_can_be_interrupted()
    {
        using var guest = BareMetalGuest.Create("1: jmp 1b", withInterruptController: true);
        KvmVcpu second = guest.Vm.CreateVcpu(1);
        using var vcpu = new RunningVcpu(second, askers: 1);

        for (int i = 0; i < 1000; i++)
            vcpu.Interrupt(0);
    }
}
