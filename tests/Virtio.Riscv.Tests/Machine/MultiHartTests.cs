using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Machine;

/// <summary>Several harts at once, each on its own thread.</summary>
[Collection(ProcessorsOfTheHost.Name)]
public sealed class MultiHartTests
{
    private const int Harts = 4;

    // Hart 0 starts the others at `other`, with their number in a0; t6 counts. `join` waits until `done` reaches the number of the others.
    private const string Prologue = """
        .macro join
        7:  la t0, done
            ld t0, 0(t0)
            li t1, 3
            bne t0, t1, 7b
        .endm
        .macro leave
            la t0, done
            li t1, 1
            amoadd.d x0, t1, (t0)
        8:  wfi
            j 8b
        .endm
        _start:
            li s0, 3
        1:  li a7, 0x48534D
            li a6, 0
            mv a0, s0
            la a1, other
            li a2, 0x77
            ecall
            bnez a0, failed
            addi s0, s0, -1
            bnez s0, 1b

        """;

    private const string Epilogue = """

        failed:
            li a0, 1
            li a1, 1
            li a6, 0
            li a7, 0x53525354
            ecall
            .balign 64
        done: .quad 0
            .balign 64
        lock: .quad 0
            .balign 64
        value: .quad 0
            .balign 64
        results: .space 64
        """;

    [Theory]
    [InlineData("amoadd.d x0, t3, (t0)")]
    [InlineData("9: lr.d t4, (t0); add t4, t4, t3; sc.d t5, t4, (t0); bnez t5, 9b")]
    [InlineData("9: amoswap.d.aq t4, t3, (t1); bnez t4, 9b; ld t4, 0(t0); add t4, t4, t3; sd t4, 0(t0); amoswap.d.rl x0, x0, (t1)")]
    [InlineData("9: lr.w.aq t4, (t1); bnez t4, 9b; sc.w t4, t3, (t1); bnez t4, 9b; ld t4, 0(t0); add t4, t4, t3; sd t4, 0(t0); fence rw, w; sw x0, 0(t1)")]
    public void Increments_by_all_harts_are_all_counted(string increment)
    {
        const int Rounds = 20_000;
        using Guest guest = new(Prologue + $"""
                jal ra, work
                join
                finish
            other:
                jal ra, work
                leave
            work:
                li t2, {Rounds}
                la t0, value
                la t1, lock
                li t3, 1
            2:  {increment}
                addi t2, t2, -1
                bnez t2, 2b
                ret
            """ + Epilogue, Harts);
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
        Assert.Equal((ulong)(Harts * Rounds), guest.Doubleword("value"));
    }

    [Fact]
    public void A_started_hart_begins_as_it_was_told()
    {
        using Guest guest = new(Prologue + """
                join
                finish
            other:
                la t0, results
                slli t1, a0, 4
                add t0, t0, t1
                csrr t2, satp
                add t2, t2, a1
                sd t2, 0(t0)
                csrr t2, sstatus
                andi t2, t2, 2
                sd t2, 8(t0)
                leave
            """ + Epilogue, Harts);
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
        for (int hart = 1; hart < Harts; hart++)
            Assert.Equal((0x77UL, 0UL), (guest.Doubleword("results", 2 * hart), guest.Doubleword("results", (2 * hart) + 1)));
    }

    [Fact]
    public void Interrupts_between_harts_wake_those_that_wait()
    {
        using Guest guest = new(Prologue + """
            3:  li a7, 0x48534D
                li a6, 2
                li a0, 1
                ecall
                bnez a1, 3b
                li s2, 200
            2:  li a7, 0x735049
                li a6, 0
                li a0, 14
                li a1, 0
                ecall
            4:  la t0, value
                ld t0, 0(t0)
                li t1, 201
                sub t1, t1, s2
                slli t2, t1, 1
                add t1, t1, t2
                bne t0, t1, 4b
                addi s2, s2, -1
                bnez s2, 2b
                finish
            other:
                csrwi sie, 2
            5:  wfi
                csrr t0, sip
                andi t0, t0, 2
                beqz t0, 5b
                csrci sip, 2
                la t0, value
                li t1, 1
                amoadd.d x0, t1, (t0)
                j 5b
            """ + Epilogue, Harts);
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
        Assert.Equal(600UL, guest.Doubleword("value"));
    }

    [Fact]
    public void A_remote_fence_returns_only_when_the_other_harts_run_the_new_code()
    {
        const int Rounds = 300;
        using Guest guest = new(".option norvc\n" + Prologue + $"""
                li s2, {Rounds}
                la s3, patch
                lwu s4, 0(s3)
                li s5, 0
            2:  li t0, 1 << 20
                add s4, s4, t0
                addi s5, s5, 1
                sw s4, 0(s3)
                fence rw, rw
                li a7, 0x52464E43
                li a6, 0
                li a0, 0
                li a1, -1
                ecall
                la t0, value
                sd s5, 0(t0)
                fence rw, rw
                la t0, lock
                ld t0, 0(t0)
                bnez t0, failed
                addi s2, s2, -1
                bnez s2, 2b
                finish
            other:
                la t3, value
                la t4, lock
            3:  ld t0, 0(t3)
                fence r, rw
                jal ra, patch
                bgeu t1, t0, 3b
                li t0, 1
                sd t0, 0(t4)
                j 3b
                .balign 64
            patch:
                li t1, 0
                ret
            """ + Epilogue, Harts);
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
    }

    /// <summary>Two harts each store to one word, fence, and load the other's: both must not read the old value.</summary>
    [Fact]
    public void A_full_fence_orders_a_store_before_a_load()
    {
        using Guest guest = new("""
            .macro sync counter, count
                la t0, \counter
                li t1, 1
                amoadd.d x0, t1, (t0)
            9:  ld t2, 0(t0)
                bltu t2, \count, 9b
            .endm
            _start:
                li a7, 0x48534D
                li a6, 0
                li a0, 1
                la a1, other
                ecall
                la s3, left
                la s4, right
                la s8, seen
                jal ra, work
                j 1f
            other:
                la s3, right
                la s4, left
                la s8, seen + 8
                jal ra, work
            8:  wfi
                j 8b
            1:  finish
            work:
                li s5, 0
                li s6, 20000
            2:  addi s5, s5, 1
                sd s5, 0(s3)
                fence rw, rw
                ld t3, 0(s4)
                sd t3, 0(s8)
                slli s7, s5, 2
                addi t4, s7, -2
                sync turn, t4
                la t0, seen
                ld t1, 0(t0)
                ld t2, 8(t0)
                bgeu t1, s5, 3f
                bgeu t2, s5, 3f
                li a0, 1
                li a1, 1
                li a6, 0
                li a7, 0x53525354
                ecall
            3:  sync turn, s7
                bne s5, s6, 2b
                ret
                .balign 64
            left: .quad 0
                .balign 64
            right: .quad 0
                .balign 64
            turn: .quad 0
                .balign 64
            seen: .quad 0, 0
            """, 2);
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
    }
}
