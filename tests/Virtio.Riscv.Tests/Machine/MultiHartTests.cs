using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Machine;

/// <summary>Several harts at once, each on its own thread.</summary>
[Collection(ProcessorsOfTheHost.Name)]
public sealed class MultiHartTests
{
    [Theory]
    [InlineData("amoadd.d x0, t3, (t0)")]
    [InlineData("9: lr.d t4, (t0); add t4, t4, t3; sc.d t5, t4, (t0); bnez t5, 9b")]
    [InlineData("9: amoswap.d.aq t4, t3, (t1); bnez t4, 9b; ld t4, 0(t0); add t4, t4, t3; sd t4, 0(t0); amoswap.d.rl x0, x0, (t1)")]
    [InlineData("9: lr.w.aq t4, (t1); bnez t4, 9b; sc.w t4, t3, (t1); bnez t4, 9b; ld t4, 0(t0); add t4, t4, t3; sd t4, 0(t0); "
        + "fence rw, w; sw x0, 0(t1)")]
    public void Increments_by_all_harts_are_all_counted(string increment)
    {
        const int Rounds = 20_000;
        using Guest guest = new(HartPrograms.Prologue + $"""
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
            """ + HartPrograms.Epilogue, HartPrograms.Harts);
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
        Assert.Equal((ulong)(HartPrograms.Harts * Rounds), guest.Doubleword("value"));
    }

    [Fact]
    public void A_started_hart_begins_as_it_was_told()
    {
        using Guest guest = new(HartPrograms.Prologue + """
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
            """ + HartPrograms.Epilogue, HartPrograms.Harts);
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
        for (int hart = 1; hart < HartPrograms.Harts; hart++)
            Assert.Equal((0x77UL, 0UL), (guest.Doubleword("results", 2 * hart), guest.Doubleword("results", (2 * hart) + 1)));
    }

    [Fact]
    public void Interrupts_between_harts_wake_those_that_wait()
    {
        using Guest guest = new(HartPrograms.Prologue + """
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
            """ + HartPrograms.Epilogue, HartPrograms.Harts);
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
        Assert.Equal(600UL, guest.Doubleword("value"));
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

    /// <summary>A hart that sees the flag must see the data that was written before it, in each form of the ordering.</summary>
    [Theory]
    [InlineData("fence w, w; sd s5, 0(s4)", "ld t3, 0(s4); fence r, r")]
    [InlineData("fence rw, w; sd s5, 0(s4)", "ld t3, 0(s4); fence r, rw")]
    [InlineData("amoswap.d.rl x0, s5, (s4)", "amoor.d.aq t3, x0, (s4)")]
    [InlineData("fence.tso; sd s5, 0(s4)", "lr.d.aq t3, (s4)")]
    public void A_message_arrives_with_its_contents(string publish, string receive)
    {
        using Guest guest = new(HartPrograms.Prologue + $"""
                join
                la s3, value
                la s4, lock
                li s5, 0
                li s6, 100000
            2:  addi s5, s5, 1
                sd s5, 0(s3)
                {publish}
                bne s5, s6, 2b
                finish
            other:
                arrive
                la s3, value
                la s4, lock
            3:  {receive}
                ld t4, 0(s3)
                bgeu t4, t3, 3b
                j failed
            """ + HartPrograms.Epilogue, HartPrograms.Harts);
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
    }
}
