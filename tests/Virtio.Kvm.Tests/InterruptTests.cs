using Virtio.Kvm.Tests.Testbed;

namespace Virtio.Kvm.Tests;

public sealed class InterruptTests
{
    private const int Line = 5;
    private const int Vector = 0x30;
    private const ulong Handler = 0x200;
    private const ulong InterruptsEnabled = 0x200;
    private const ulong Rounds = 10_000;
    private const ushort Ready = 0x11;
    private const ushort Handled = 0x12;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // Masks both 8259s, enables the local APIC, makes pin 5 of the I/O APIC edge-triggered, signals that it is ready, and waits. The
    // handler counts, acknowledges and signals too.
    private const string Code = """
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        mov ebx, 0xfee000f0
        mov dword ptr [rbx], 0x1ff
        mov ebx, 0xfec00000
        mov dword ptr [rbx], 0x1b
        mov dword ptr [rbx + 0x10], 0
        mov dword ptr [rbx], 0x1a
        mov dword ptr [rbx + 0x10], 0x30
        out 0x11, al
        1:
        WAIT
        jmp 1b
        .org 0x200
        push rbx
        inc qword ptr [0x100000]
        mov ebx, 0xfee000b0
        mov dword ptr [rbx], 0
        pop rbx
        out 0x12, al
        iretq
        """;

    [Theory]
    [InlineData(GuestRing.Kernel, "sti; hlt")]
    [InlineData(GuestRing.Kernel, "sti; nop")]
    [InlineData(GuestRing.User, "nop")]
    public void Every_write_to_an_event_is_an_edge_that_the_guests_handler_gets(GuestRing ring, string wait)
    {
        using BareMetalGuest guest = CreateReady(ring, wait);
        using var raised = new EventDescriptor();
        guest.Vm.AddInterruptEvent(Line, raised.Handle);

        for (ulong count = 1; count <= 20; count++)
        {
            raised.Set();
            RunToPort(guest, Handled);
            Assert.Equal(count, guest.ReadData());
        }
    }

    [Fact]
    public void An_event_wakes_a_guest_that_has_halted()
    {
        using BareMetalGuest guest = CreateReady(GuestRing.Kernel, "sti; hlt");
        using var raised = new EventDescriptor();
        guest.Vm.AddInterruptEvent(Line, raised.Handle);
        Exception? failure = null;
        var vcpu = new Thread(() => failure = Record.Exception(() => RunToPort(guest, Handled))) { Name = "halts" };
        vcpu.Start();
        Assert.True(SpinWait.SpinUntil(() => ThreadState(vcpu.Name) == 'S', Limit));

        raised.Set();

        Assert.True(vcpu.Join(Limit));
        Assert.Null(failure);
        Assert.Equal(1ul, guest.ReadData());
    }

    [Fact]
    public void A_line_that_rises_is_an_edge_and_one_that_stays_is_none()
    {
        using BareMetalGuest guest = CreateReady(GuestRing.Kernel, "sti; nop; dec ecx; jnz 1b; out 0x13, al");

        guest.Vm.SetInterruptLine(Line, true);
        RunToPort(guest, Handled);
        guest.Vm.SetInterruptLine(Line, true);
        RunToPort(guest, 0x13);
        Assert.Equal(1ul, guest.ReadData());

        guest.Vm.SetInterruptLine(Line, false);
        guest.Vm.SetInterruptLine(Line, true);
        RunToPort(guest, Handled);
        Assert.Equal(2ul, guest.ReadData());
    }

    [Fact]
    public void An_event_that_was_removed_raises_nothing()
    {
        using BareMetalGuest guest = CreateReady(GuestRing.Kernel, "sti; nop; dec ecx; jnz 1b; out 0x13, al");
        using var raised = new EventDescriptor();
        guest.Vm.AddInterruptEvent(Line, raised.Handle);

        guest.Vm.RemoveInterruptEvent(Line, raised.Handle);
        raised.Set();

        RunToPort(guest, 0x13);
        Assert.Equal(0ul, guest.ReadData());
    }

    [Fact]
    public void The_timer_interrupts_the_guest()
    {
        // Channel 0 of the timer, mode 2, 1000 ticks; its interrupt comes at pin 0 of the I/O APIC.
        string code = Code.Replace("0x1b", "0x11 ", StringComparison.Ordinal).Replace("0x1a", "0x10", StringComparison.Ordinal)
            .Replace(
                "out 0x11, al",
                "mov al, 0x34; out 0x43, al; mov al, 0xe8; out 0x40, al; mov al, 3; out 0x40, al; out 0x11, al",
                StringComparison.Ordinal);
        using BareMetalGuest guest = CreateReady(GuestRing.Kernel, "sti; hlt", code, withTimer: true);

        RunToPort(guest, Handled);
        RunToPort(guest, Handled);

        Assert.Equal(2ul, guest.ReadData());
    }

    private static BareMetalGuest CreateReady(GuestRing ring, string wait, string code = Code, bool withTimer = false)
    {
        var guest = BareMetalGuest.Create(code.Replace("WAIT", wait, StringComparison.Ordinal), ring, withInterruptController: true);
        if (withTimer)
            guest.Vm.CreatePit();
        guest.SetGate(Vector, Handler);
        guest.Vcpu.SetRegisters(guest.Vcpu.GetRegisters() with { Rcx = Rounds });
        RunToPort(guest, Ready);
        KvmRegisters registers = guest.Vcpu.GetRegisters();
        if (ring == GuestRing.User)
            guest.Vcpu.SetRegisters(registers with { Rip = registers.Rip, Rflags = registers.Rflags | InterruptsEnabled });
        return guest;
    }

    // A vCPU thread that sleeps has halted. While the guest computes, the thread runs.
    private static char ThreadState(string name)
    {
        string? task = Directory.GetDirectories("/proc/self/task")
            .FirstOrDefault(task => File.ReadAllText(Path.Combine(task, "comm")) == name + "\n");
        return task is null ? '?' : File.ReadAllText(Path.Combine(task, "stat")).Split(") ")[^1][0];
    }

    private static void RunToPort(BareMetalGuest guest, ushort port)
    {
        guest.RunTo(KvmExitReason.Port);
        Assert.Equal(port, guest.Vcpu.Port.Port);
    }
}
