namespace Virtio.Riscv;

/// <summary>Expands the C extension's 16-bit instructions to the equivalent 32-bit instructions; 0 means illegal.</summary>
internal static class CompressedDecoder
{
    private const uint Illegal = 0;
    private const uint StackPointer = 2;

    public static uint Expand(uint c) => (c & 3) switch
    {
        0 => ExpandQuadrant0(c),
        1 => ExpandQuadrant1(c),
        _ => ExpandQuadrant2(c),
    };

    private static uint ExpandQuadrant0(uint c)
    {
        uint rd = 8 + Bits(c, 2, 3), rs1 = 8 + Bits(c, 7, 3);
        uint doubleOffset = (Bits(c, 10, 3) << 3) | (Bits(c, 5, 2) << 6);
        uint wordOffset = (Bits(c, 10, 3) << 3) | (Bits(c, 6, 1) << 2) | (Bits(c, 5, 1) << 6);
        uint stackOffset = (Bits(c, 11, 2) << 4) | (Bits(c, 7, 4) << 6) | (Bits(c, 6, 1) << 2) | (Bits(c, 5, 1) << 3);
        return Bits(c, 13, 3) switch
        {
            0 => stackOffset == 0 ? Illegal : Immediate(0x13, 0, rd, StackPointer, stackOffset),
            1 => Immediate(0x07, 3, rd, rs1, doubleOffset),
            2 => Immediate(0x03, 2, rd, rs1, wordOffset),
            3 => Immediate(0x03, 3, rd, rs1, doubleOffset),
            5 => Store(0x27, 3, rs1, rd, doubleOffset),
            6 => Store(0x23, 2, rs1, rd, wordOffset),
            7 => Store(0x23, 3, rs1, rd, doubleOffset),
            _ => Illegal,
        };
    }

    private static uint ExpandQuadrant1(uint c)
    {
        uint rd = Bits(c, 7, 5), low = 8 + Bits(c, 7, 3);
        uint imm = SignExtend((Bits(c, 12, 1) << 5) | Bits(c, 2, 5), 6);
        return Bits(c, 13, 3) switch
        {
            0 => Immediate(0x13, 0, rd, rd, imm),
            1 => rd == 0 ? Illegal : Immediate(0x1B, 0, rd, rd, imm),
            2 => Immediate(0x13, 0, rd, 0, imm),
            3 => ExpandUpper(c, rd, imm),
            4 => ExpandArithmetic(c, low, imm),
            5 => Jump(c),
            6 => Branch(0, low, c),
            _ => Branch(1, low, c),
        };
    }

    private static uint ExpandUpper(uint c, uint rd, uint imm)
    {
        if (imm == 0)
            return Illegal;
        if (rd != StackPointer)
            return (imm << 12) | (rd << 7) | 0x37;
        uint offset = SignExtend(
            (Bits(c, 12, 1) << 9) | (Bits(c, 6, 1) << 4) | (Bits(c, 5, 1) << 6) | (Bits(c, 3, 2) << 7) | (Bits(c, 2, 1) << 5), 10);
        return Immediate(0x13, 0, StackPointer, StackPointer, offset);
    }

    private static uint ExpandArithmetic(uint c, uint rd, uint imm)
    {
        uint rs2 = 8 + Bits(c, 2, 3);
        switch (Bits(c, 10, 2))
        {
            case 0:
                return Immediate(0x13, 5, rd, rd, imm & 63);
            case 1:
                return Immediate(0x13, 5, rd, rd, 0x400 | (imm & 63));
            case 2:
                return Immediate(0x13, 7, rd, rd, imm);
        }

        return (Bits(c, 12, 1) << 2 | Bits(c, 5, 2)) switch
        {
            0 => Register(0x33, 0, 0x20, rd, rd, rs2),
            1 => Register(0x33, 4, 0, rd, rd, rs2),
            2 => Register(0x33, 6, 0, rd, rd, rs2),
            3 => Register(0x33, 7, 0, rd, rd, rs2),
            4 => Register(0x3B, 0, 0x20, rd, rd, rs2),
            5 => Register(0x3B, 0, 0, rd, rd, rs2),
            _ => Illegal,
        };
    }

    private static uint ExpandQuadrant2(uint c)
    {
        uint rd = Bits(c, 7, 5), rs2 = Bits(c, 2, 5);
        uint loadDouble = (Bits(c, 12, 1) << 5) | (Bits(c, 5, 2) << 3) | (Bits(c, 2, 3) << 6);
        uint loadWord = (Bits(c, 12, 1) << 5) | (Bits(c, 4, 3) << 2) | (Bits(c, 2, 2) << 6);
        uint storeDouble = (Bits(c, 10, 3) << 3) | (Bits(c, 7, 3) << 6);
        uint storeWord = (Bits(c, 9, 4) << 2) | (Bits(c, 7, 2) << 6);
        return Bits(c, 13, 3) switch
        {
            0 => Immediate(0x13, 1, rd, rd, (Bits(c, 12, 1) << 5) | rs2),
            1 => Immediate(0x07, 3, rd, StackPointer, loadDouble),
            2 => rd == 0 ? Illegal : Immediate(0x03, 2, rd, StackPointer, loadWord),
            3 => rd == 0 ? Illegal : Immediate(0x03, 3, rd, StackPointer, loadDouble),
            4 => ExpandMove(c, rd, rs2),
            5 => Store(0x27, 3, StackPointer, rs2, storeDouble),
            6 => Store(0x23, 2, StackPointer, rs2, storeWord),
            _ => Store(0x23, 3, StackPointer, rs2, storeDouble),
        };
    }

    private static uint ExpandMove(uint c, uint rd, uint rs2)
    {
        bool second = Bits(c, 12, 1) != 0;
        if (rs2 != 0)
            return Register(0x33, 0, 0, rd, second ? rd : 0, rs2);
        if (rd != 0)
            return Immediate(0x67, 0, second ? 1u : 0, rd, 0);
        return second ? 0x0010_0073 : Illegal;
    }

    private static uint Jump(uint c)
    {
        uint offset = SignExtend(
            (Bits(c, 12, 1) << 11) | (Bits(c, 11, 1) << 4) | (Bits(c, 9, 2) << 8) | (Bits(c, 8, 1) << 10) | (Bits(c, 7, 1) << 6) |
            (Bits(c, 6, 1) << 7) | (Bits(c, 3, 3) << 1) | (Bits(c, 2, 1) << 5), 12);
        return (Bits(offset, 20, 1) << 31) | (Bits(offset, 1, 10) << 21) | (Bits(offset, 11, 1) << 20) | (Bits(offset, 12, 8) << 12) | 0x6F;
    }

    private static uint Branch(uint function, uint rs1, uint c)
    {
        uint offset = SignExtend(
            (Bits(c, 12, 1) << 8) | (Bits(c, 10, 2) << 3) | (Bits(c, 5, 2) << 6) | (Bits(c, 3, 2) << 1) | (Bits(c, 2, 1) << 5), 9);
        return (Bits(offset, 12, 1) << 31) | (Bits(offset, 5, 6) << 25) | (rs1 << 15) | (function << 12) |
            (Bits(offset, 1, 4) << 8) | (Bits(offset, 11, 1) << 7) | 0x63;
    }

    private static uint Immediate(uint opcode, uint function, uint rd, uint rs1, uint imm) =>
        (imm << 20) | (rs1 << 15) | (function << 12) | (rd << 7) | opcode;

    private static uint Store(uint opcode, uint function, uint rs1, uint rs2, uint imm) =>
        (Bits(imm, 5, 7) << 25) | (rs2 << 20) | (rs1 << 15) | (function << 12) | (Bits(imm, 0, 5) << 7) | opcode;

    private static uint Register(uint opcode, uint function, uint upper, uint rd, uint rs1, uint rs2) =>
        (upper << 25) | (rs2 << 20) | (rs1 << 15) | (function << 12) | (rd << 7) | opcode;

    private static uint Bits(uint value, int start, int count) => (value >> start) & ((1u << count) - 1);

    private static uint SignExtend(uint value, int bits) => (uint)((int)(value << (32 - bits)) >> (32 - bits));
}
