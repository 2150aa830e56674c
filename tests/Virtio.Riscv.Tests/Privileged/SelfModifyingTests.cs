using Virtio.Riscv.Tests.Guests;

namespace Virtio.Riscv.Tests.Privileged;

/// <summary>Code that changes and runs after FENCE.I: in place, through another mapping, and repeatedly.</summary>
public sealed class SelfModifyingTests
{
    [Fact]
    public void Changed_code_runs_after_a_fence()
    {
        using Guest guest = new("""
            .option norvc
            _start:
                li s1, 0
                li s2, 100
                la t1, patch
                lw t2, 0(t1)
                li t3, 1 << 20
            1:  jal ra, patch
                add t2, t2, t3
                sw t2, 0(t1)
                fence.i
                addi s2, s2, -1
                bnez s2, 1b
                finish
                .balign 4
            patch:
                addi s3, x0, 0
                add s1, s1, s3
                ret
            """);
        guest.Run();
        Assert.Equal(4950UL, guest["s1"]);
    }

    [Fact]
    public void A_fence_in_the_middle_of_a_page_applies_to_the_next_instruction()
    {
        using Guest guest = new("""
            .option norvc
            _start:
                la t1, 1f
                lw t2, 2f
                sw t2, 0(t1)
                fence.i
            1:  li s1, 1
                finish
            2:  li s1, 2
            """);
        guest.Run();
        Assert.Equal(2UL, guest["s1"]);
    }

    [Fact]
    public void An_instruction_across_pages_follows_both_of_its_halves()
    {
        using Guest guest = new("""
            .option norvc
            _start:
                la t1, edge
                li s2, 3
            1:  jal ra, edge
                lhu t2, 2(t1)
                addi t2, t2, 16
                sh t2, 2(t1)
                fence.i
                add s1, s1, s3
                addi s2, s2, -1
                bnez s2, 1b
                finish
                .balign 4096
                .option rvc
                .space 4094
            edge:
                .option norvc
                addi s3, x0, 5
                ret
            """);
        guest.Run();
        Assert.Equal(5UL + 6 + 7, guest["s1"]);
    }

    [Fact]
    public void More_code_pages_than_are_kept_decoded_run_right()
    {
        const int Pages = 2300, PageBytes = 4096;
        using Guest guest = new($"""
            .option norvc
            _start:
                li s3, 3
            3:  la t0, area
                li s2, {Pages}
                li t3, {PageBytes}
                lw t4, 9f
                lw t5, 9f + 4
            1:  sw t4, 0(t0)
                sw t5, 4(t0)
                add t0, t0, t3
                addi s2, s2, -1
                bnez s2, 1b
                fence.i
                la t0, area
                li s2, {Pages}
            2:  jalr ra, 0(t0)
                add t0, t0, t3
                addi s2, s2, -1
                bnez s2, 2b
                addi s3, s3, -1
                bnez s3, 3b
                finish
            9:  addi s1, s1, 1
                ret
                .balign 4096
            area:
            """);
        guest.Run();
        Assert.Equal(3UL * Pages, guest["s1"]);
    }
}
