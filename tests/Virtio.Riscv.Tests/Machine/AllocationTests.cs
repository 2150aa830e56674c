using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Machine;

/// <summary>A running hart allocates nothing, so that a guest never causes a garbage collection.</summary>
public sealed class AllocationTests
{
    [Fact]
    public void A_hart_allocates_nothing_while_it_runs()
    {
        using Guest guest = new("""
            _start:
                handler 3f
                float_on
                li s0, 2000
                la s1, area + 2048
            1:  ld t0, 0(s1)
                ld t2, 2044(s1)
                amoadd.d t1, t0, (s1)
                lr.w t1, (s1)
                sc.w t1, t0, (s1)
                fadd.d f1, f2, f3, rup
                fdiv.s f1, f2, f3
                fcvt.w.d t2, f1
                div t3, t0, t1
                csrr t4, sstatus
                rdtime t4
                csrw satp, x0
                sfence.vma
                fence.i
                ebreak
                ld t0, 0(x0)
                li t5, 0x10000000
                ld t5, 0(t5)
                li a7, 0x10
                li a6, 0
                ecall
                li a7, 0x52464E43
                li a6, 0
                li a0, 0
                li a1, -1
                ecall
                addi s0, s0, -1
                bnez s0, 1b
                j _start
                .balign 4
            3:  csrr t6, sepc
                lhu t5, 0(t6)
                andi t5, t5, 3
                addi t6, t6, 2
                li a3, 3
                bne t5, a3, 4f
                addi t6, t6, 2
            4:  csrw sepc, t6
                sret
                .balign 4096
            area: .space 8192
            """, bus: new QuietBus());
        guest.Hart.Run(100_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ulong retired = guest.Hart.Run(1_000_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(retired > 900_000);
    }

    /// <summary>The machine calls the console on the hart's thread, so the console can read what that thread has allocated.</summary>
    [Fact]
    public void A_hart_allocates_nothing_while_it_waits_and_is_interrupted()
    {
        long[] allocated = new long[3];
        int calls = 0;
        using Guest guest = new("""
            .macro mark
                li a7, 1
                li a0, 'x'
                ecall
            .endm
            _start:
                li t0, 0x22
                csrw sie, t0
                jal ra, work
                mark
                jal ra, work
                mark
                jal ra, work
                mark
                finish
            work:
                li s0, 60
            1:  rdtime t0
                li t1, 12000
                add t0, t0, t1
                csrw 0x14D, t0
            2:  wfi
                csrr t0, sip
                beqz t0, 2b
                csrci sip, 2
                li a7, 0x735049
                li a6, 0
                li a0, 1
                li a1, 0
                ecall
                wfi
                csrci sip, 2
                addi s0, s0, -1
                bnez s0, 1b
                ret
            """, console: _ => allocated[calls++] = GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
        Assert.Equal(3, calls);
        Assert.Equal(allocated[1], allocated[2]);
    }

    private sealed class QuietBus : IRiscvBus
    {
        public bool TryRead(ulong address, int size, out ulong value)
        {
            value = 0;
            return true;
        }

        public bool TryWrite(ulong address, int size, ulong value) => true;
    }
}
