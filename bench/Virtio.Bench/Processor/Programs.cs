namespace Virtio.Bench.Processor;

/// <summary>Two endless loops in RISC-V machine code, assembled for rv64gc.</summary>
internal static class Programs
{
    /// <summary>The number of bytes that one pass of <see cref="Copy"/> copies.</summary>
    internal const int CopyLength = 64 << 10;

    /// <summary>
    /// A random number generator by shift and exclusive or, a multiplication, sums, and a branch that is taken seven times in eight. It
    /// does not access memory.
    /// </summary>
    internal static ReadOnlySpan<byte> Integer =>
    [
        0xfd, 0x56,             // start: li a3, -1
        0x37, 0x75, 0x41, 0x05, // lui a0, 0x5417
        0x1b, 0x05, 0x55, 0x86, // addiw a0, a0, -1947
        0x93, 0x12, 0xd5, 0x00, // loop: slli t0, a0, 13
        0x33, 0x45, 0x55, 0x00, // xor a0, a0, t0
        0x93, 0x52, 0x75, 0x00, // srli t0, a0, 7
        0x33, 0x45, 0x55, 0x00, // xor a0, a0, t0
        0x93, 0x12, 0x15, 0x01, // slli t0, a0, 17
        0x33, 0x45, 0x55, 0x00, // xor a0, a0, t0
        0x33, 0x03, 0xd5, 0x02, // mul t1, a0, a3
        0x9a, 0x95,             // add a1, a1, t1
        0x93, 0xf3, 0x76, 0x00, // andi t2, a3, 7
        0x63, 0x95, 0x03, 0x00, // bnez t2, skip
        0x33, 0xbe, 0xa5, 0x00, // sltu t3, a1, a0
        0x72, 0x96,             // add a2, a2, t3
        0xfd, 0x16,             // skip: addi a3, a3, -1
        0xe9, 0xfa,             // bnez a3, loop
        0xd9, 0xb7,             // j start
    ];

    /// <summary>Copies <see cref="CopyLength"/> bytes from the address in a0 to the address in a1, eight at a time, repeatedly.</summary>
    internal static ReadOnlySpan<byte> Copy =>
    [
        0x2a, 0x86,             // start: mv a2, a0
        0xae, 0x86,             // mv a3, a1
        0x41, 0x67,             // lui a4, 16
        0x2a, 0x97,             // add a4, a4, a0
        0x83, 0x32, 0x06, 0x00, // loop: ld t0, 0(a2)
        0x03, 0x33, 0x86, 0x00, // ld t1, 8(a2)
        0x83, 0x33, 0x06, 0x01, // ld t2, 16(a2)
        0x03, 0x3e, 0x86, 0x01, // ld t3, 24(a2)
        0x23, 0xb0, 0x56, 0x00, // sd t0, 0(a3)
        0x23, 0xb4, 0x66, 0x00, // sd t1, 8(a3)
        0x23, 0xb8, 0x76, 0x00, // sd t2, 16(a3)
        0x23, 0xbc, 0xc6, 0x01, // sd t3, 24(a3)
        0x13, 0x06, 0x06, 0x02, // addi a2, a2, 32
        0x93, 0x86, 0x06, 0x02, // addi a3, a3, 32
        0xe3, 0x1c, 0xe6, 0xfc, // bne a2, a4, loop
        0xf1, 0xb7,             // j start
    ];
}
