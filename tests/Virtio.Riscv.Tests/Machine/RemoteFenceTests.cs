using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Machine;

/// <summary>A remote fence returns only when no other hart can use a translation or an instruction from before it.</summary>
[Collection(ProcessorsOfTheHost.Name)]
public sealed class RemoteFenceTests
{
    [Fact]
    public void A_remote_fence_returns_only_when_the_other_harts_run_the_new_code()
    {
        const int Rounds = 300;
        using Guest guest = new(".option norvc\n" + HartPrograms.OnlyTwo + HartPrograms.Prologue + $"""
                join
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
                la t0, progress
                ld t1, 0(t0)
            5:  ld t2, 0(t0)
                beq t1, t2, 5b
                la t0, lock
                ld t0, 0(t0)
                bnez t0, failed
                addi s2, s2, -1
                bnez s2, 2b
                finish
            other:
                arrive
                la t3, value
                la t4, lock
                la t6, progress
            3:  addi s7, s7, 1
                sd s7, 0(t6)
                ld t0, 0(t3)
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
            """ + HartPrograms.Epilogue, 2);
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
    }

    /// <summary>
    /// One hart moves a page between two places. After the fence has returned, the other harts must not read the place that the page left.
    /// </summary>
    [Theory]
    [InlineData("li a0, 0; li a1, -1; li a2, 0; li a3, 0")]
    [InlineData("li a0, 3; li a1, 0; li a2, 0x40000000; li a3, 4096")]
    public void A_remote_translation_fence_returns_only_when_the_other_harts_see_the_new_page(string range)
    {
        const ulong Root = Guest.Base + 0x40_0000, Middle = Root + 0x1000, Leaves = Root + 0x2000;
        using Guest guest = new(HartPrograms.OnlyTwo + HartPrograms.Prologue + $"""
                join
                li s2, 300
                li s3, 0x80402000
                li s4, 0x80500000
                li s5, 0
                li s6, 0x80600000
            2:  addi s5, s5, 1
                sd s5, 0(s4)
                srli t0, s4, 2
                ori t0, t0, 0xCF
                sd t0, 0(s3)
                fence rw, rw
                li a7, 0x52464E43
                li a6, 1
                {range}
                ecall
                bnez a0, failed
                la t0, value
                sd s5, 0(t0)
                fence rw, rw
                la t0, progress
                ld t1, 0(t0)
            5:  ld t2, 0(t0)
                beq t1, t2, 5b
                la t0, lock
                ld t0, 0(t0)
                bnez t0, failed
                mv t0, s4
                mv s4, s6
                mv s6, t0
                addi s2, s2, -1
                bnez s2, 2b
                finish
            other:
                li t0, 0x8000000000080400
                csrw satp, t0
                sfence.vma
                arrive
                la t3, value
                la t4, lock
                li t5, 0x40000000
            4:  ld t0, 0(t3)
                beqz t0, 4b
                la t6, progress
            3:  addi s7, s7, 1
                sd s7, 0(t6)
                ld t0, 0(t3)
                fence r, rw
                ld t1, 0(t5)
                bgeu t1, t0, 3b
                li t0, 1
                sd t0, 0(t4)
                j 3b
            """ + HartPrograms.Epilogue, 2);
        guest.SetDoubleword(Root + 16, (Guest.Base >> 2) | 0xCF);
        guest.SetDoubleword(Root + 8, (Middle >> 2) | 1);
        guest.SetDoubleword(Middle, (Leaves >> 2) | 1);
        Assert.Equal(RiscvStopReason.Shutdown, guest.RunOnThreads());
    }
}
