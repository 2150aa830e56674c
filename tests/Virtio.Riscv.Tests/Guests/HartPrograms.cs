namespace Virtio.Riscv.Tests.Guests;

/// <summary>The beginning and the end of programs for several harts.</summary>
internal static class HartPrograms
{
    public const int Harts = 4;

    /// <summary>Goes before <see cref="Prologue"/> in a program for two harts.</summary>
    public const string OnlyTwo = ".equ OTHERS, 1\n";

    // Hart 0 starts the others at `other`, with their number in a0; t6 counts. `join` waits until all of them have reached `arrive` or
    // `leave`.
    public const string Prologue = """
        .ifndef OTHERS
        .equ OTHERS, 3
        .endif
        .macro join
        7:  la t0, done
            ld t0, 0(t0)
            li t1, OTHERS
            bne t0, t1, 7b
        .endm
        .macro arrive
            la t0, done
            li t1, 1
            amoadd.d x0, t1, (t0)
        .endm
        .macro leave
            arrive
        8:  wfi
            j 8b
        .endm
        _start:
            li s0, OTHERS
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

    public const string Epilogue = """

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
        progress: .quad 0
            .balign 64
        results: .space 64
        """;
}
