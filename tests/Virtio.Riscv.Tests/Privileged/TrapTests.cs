using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Privileged;

/// <summary>Entering and leaving traps, and their effect on the registers.</summary>
public sealed class TrapTests
{
    [Fact]
    public void An_environment_call_from_user_mode_traps_precisely_and_returns()
    {
        using Guest guest = new("""
            _start:
                handler 1f
                csrsi sstatus, 2
                la t0, 2f
                csrw sepc, t0
                li t0, 0x120
                csrs sstatus, t0
                li t0, 0x100
                csrc sstatus, t0
                sret
            2:  li s1, 1
                ecall
                li s2, 2
                ebreak
                .balign 4
            1:  csrr t1, scause
                li t2, 3
                beq t1, t2, 3f
                mv s3, t1
                csrr s4, sstatus
                csrr t0, sepc
                addi t0, t0, 4
                csrw sepc, t0
                sret
            3:  csrr s5, sepc
                csrr s6, stval
                finish
            """);
        guest.Run();
        Assert.Equal((1UL, 2UL, 8UL), (guest["s1"], guest["s2"], guest["s3"]));
        Assert.Equal(0x20UL, guest["s4"] & 0x122);
        Assert.Equal(guest["s5"], guest["s6"]);
    }

    [Fact]
    public void A_return_restores_privilege_and_interrupt_enable()
    {
        using Guest guest = new("""
            _start:
                la t0, 1f
                csrw sepc, t0
                li t0, 0x120
                csrs sstatus, t0
                csrci sstatus, 2
                sret
            1:  csrr s1, sstatus
                finish
            """);
        guest.Run();
        Assert.Equal(0x22UL, guest["s1"] & 0x122);
    }

    [Fact]
    public void A_trap_from_supervisor_mode_remembers_it()
    {
        using Guest guest = new("""
            _start:
                handler 1f
                csrsi sstatus, 2
                ebreak
                .balign 4
            1:  csrr s1, sstatus
                finish
            """);
        guest.Run();
        Assert.Equal(0x120UL, guest["s1"] & 0x122);
    }

    [Fact]
    public void Vectored_interrupts_go_to_their_slot_and_exceptions_to_the_base()
    {
        using Guest guest = new("""
            _start:
                la t0, table
                ori t0, t0, 1
                csrw stvec, t0
                csrsi sie, 2
                csrsi sstatus, 2
                csrsi sip, 2
                finish
                .balign 256
                .option push
                .option norvc
            table:
                j 2f
                j 1f
                .option pop
            1:  csrr s1, scause
                csrci sip, 2
                ebreak
            2:  csrr s2, scause
                finish
            """);
        guest.Run();
        Assert.Equal((0x8000_0000_0000_0001UL, 3UL), (guest["s1"], guest["s2"]));
    }

    [Fact]
    public void External_comes_before_software_before_timer()
    {
        using Guest guest = new("""
            _start:
                handler 1f
                csrw 0x14D, x0
                csrsi sip, 2
                li t0, 0x222
                csrw sie, t0
                csrsi sstatus, 2
                finish
                .balign 4
            1:  csrr t1, scause
                slli s1, s1, 8
                andi t1, t1, 15
                or s1, s1, t1
                li t0, 1
                sll t0, t0, t1
                csrc sie, t0
                csrr t0, sie
                beqz t0, 2f
                sret
            2:  finish
            """);
        guest.Machine.SetExternalInterrupt(0, true);
        guest.Run();
        Assert.Equal(0x09_01_05UL, guest["s1"]);
    }

    [Fact]
    public void Instructions_that_trap_do_not_retire_or_change_registers()
    {
        using Guest guest = new("""
            _start:
                handler 1f
                li a1, 77
                rdinstret s1
                ld a1, 0(x0)
                .balign 4
            1:  rdinstret s2
                mv s3, a1
                csrr s4, scause
                csrr s5, stval
                finish
            """);
        guest.Run();
        Assert.Equal(1UL, guest["s2"] - guest["s1"]);
        Assert.Equal((77UL, 5UL, 0UL), (guest["s3"], guest["s4"], guest["s5"]));
    }

    [Theory]
    [InlineData("ld a0, 8(t1)", 5, 8)]
    [InlineData("sw a0, 4(t1)", 7, 4)]
    [InlineData("jr t1", 1, 0)]
    [InlineData("lw a0, 2(t1)", 5, 2)]
    public void An_access_that_nobody_answers_faults(string instruction, int cause, int offset)
    {
        using Guest guest = new($"""
            _start:
                handler 1f
                li t1, 0x10000000
                {instruction}
                finish
                .balign 4
            1:  csrr s1, scause
                csrr s2, stval
                finish
            """);
        guest.Run();
        Assert.Equal((ulong)cause, guest["s1"]);
        Assert.Equal(0x1000_0000UL + (ulong)offset, guest["s2"]);
    }

    [Fact]
    public void A_handler_that_is_not_mapped_loops_without_holding_the_host()
    {
        using Guest guest = new("""
            _start:
                li t0, 0x10000000
                csrw stvec, t0
                ebreak
            """);
        guest.Hart.Run(100_000);
        Assert.Equal(0x1000_0000UL, guest.Hart.ProgramCounter);
        Assert.Equal(2UL, guest.Hart.InstructionsRetired);
    }
}
