using System.Runtime.InteropServices;

namespace Virtio.Riscv;

/// <summary>Decodes one 32-bit instruction, or the expansion of a 16-bit one, into a slot.</summary>
internal static class Decoder
{
    /// <summary>Whether this host's plain loads and stores keep every order except store before load.</summary>
    private static readonly bool TotalStoreOrder =
        RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86;

    private static readonly Op[] Branches = [Op.Beq, Op.Bne, Op.Illegal, Op.Illegal, Op.Blt, Op.Bge, Op.Bltu, Op.Bgeu];
    private static readonly Op[] Loads = [Op.Lb, Op.Lh, Op.Lw, Op.Ld, Op.Lbu, Op.Lhu, Op.Lwu, Op.Illegal];
    private static readonly Op[] Stores = [Op.Sb, Op.Sh, Op.Sw, Op.Sd, Op.Illegal, Op.Illegal, Op.Illegal, Op.Illegal];
    private static readonly Op[] Base = [Op.Add, Op.Sll, Op.Slt, Op.Sltu, Op.Xor, Op.Srl, Op.Or, Op.And];
    private static readonly Op[] BaseWord = [Op.Addw, Op.Sllw, Op.Illegal, Op.Illegal, Op.Illegal, Op.Srlw, Op.Illegal, Op.Illegal];
    private static readonly Op[] Multiply = [Op.Mul, Op.Mulh, Op.Mulhsu, Op.Mulhu, Op.Div, Op.Divu, Op.Rem, Op.Remu];
    private static readonly Op[] MultiplyWord = [Op.Mulw, Op.Illegal, Op.Illegal, Op.Illegal, Op.Divw, Op.Divuw, Op.Remw, Op.Remuw];

    /// <summary>Decodes an instruction.</summary>
    /// <param name="insn">The 32-bit form; 0 is illegal.</param>
    /// <param name="step">Length in halfwords.</param>
    /// <param name="halfword">
    /// Its place in the page in halfwords. If negative, targets in the page are not turned into distances in slots.
    /// </param>
    public static Slot Decode(uint insn, int step, int halfword)
    {
        Slot slot = DecodeAny(insn, step, halfword);
        if (step == 1)
            slot.Op = ShortKinds.Of(slot.Op);
        return slot;
    }

    private static Slot DecodeAny(uint insn, int step, int halfword)
    {
        Slot slot = Plain(Op.Illegal, insn, step);
        Op floatLoad = Function(insn) == 2 ? Op.Flw : Op.Fld;
        return (insn & 0x7F) switch
        {
            0x03 => Immediate(Loads[Function(insn)], insn, step),
            0x07 => Function(insn) is 2 or 3 ? Immediate(floatLoad, insn, step) with { Rd = (byte)Rd(insn) } : slot,
            0x0F => DecodeFence(insn, step),
            0x13 => DecodeImmediate(insn, step),
            0x17 => Upper(Op.Auipc, insn, step),
            0x1B => DecodeImmediateWord(insn, step),
            0x23 => Store(Stores[Function(insn)], insn, step),
            0x27 => Function(insn) is 2 or 3 ? Store(Function(insn) == 2 ? Op.Fsw : Op.Fsd, insn, step) : slot,
            0x2F => Plain(Op.Atomic, insn, step),
            0x33 => DecodeRegister(insn, step),
            0x37 => Upper(Op.LoadImmediate, insn, step),
            0x3B => DecodeRegisterWord(insn, step),
            0x43 or 0x47 or 0x4B or 0x4F or 0x53 => Plain(Op.Float, insn, step),
            0x63 => DecodeBranch(insn, step, halfword),
            0x67 => Function(insn) == 0 ? Immediate(Rd(insn) == 0 ? Op.JumpRegister : Op.JumpLinkRegister, insn, step) : slot,
            0x6F => DecodeJump(insn, step, halfword),
            0x73 => Plain(Op.System, insn, step),
            _ => slot,
        };
    }

    private static int Function(uint insn) => (int)(insn >> 12) & 7;

    private static int Rd(uint insn) => (int)(insn >> 7) & 31;

    private static byte Destination(uint insn) => Rd(insn) == 0 ? Slot.Discard : (byte)Rd(insn);

    private static Slot Plain(Op op, uint insn, int step) =>
        new() { Op = op, Rd = Destination(insn), Rs1 = Rs1(insn), Rs2 = (byte)step, Imm = (int)insn };

    private static byte Rs1(uint insn) => (byte)((insn >> 15) & 31);

    private static byte Rs2(uint insn) => (byte)((insn >> 20) & 31);

    private static Slot Immediate(Op op, uint insn, int step) =>
        Plain(op, insn, step) with { Imm = op == Op.Illegal ? (int)insn : (int)insn >> 20 };

    private static Slot Upper(Op op, uint insn, int step) =>
        Plain(Rd(insn) == 0 ? Op.Nop : op, insn, step) with { Imm = (int)(insn & 0xFFFF_F000) };

    private static Slot Register(Op op, uint insn, int step) =>
        op == Op.Illegal ? Plain(op, insn, step) : new() { Op = op, Rd = Destination(insn), Rs1 = Rs1(insn), Rs2 = Rs2(insn), Imm = step };

    private static Slot Store(Op op, uint insn, int step)
    {
        int offset = ((int)(insn & 0xFE00_0000) >> 20) | Rd(insn);
        return op == Op.Illegal
            ? Plain(op, insn, step)
            : new() { Op = op, Rd = (byte)step, Rs1 = Rs1(insn), Rs2 = Rs2(insn), Imm = offset };
    }

    private static Slot DecodeFence(uint insn, int step)
    {
        const uint Pause = 0x0100_000F;
        if (Function(insn) == 1)
            return Plain(Op.FenceInstruction, insn, step);
        if (Function(insn) != 0)
            return Plain(Op.Illegal, insn, step);
        if (insn == Pause)
            return Plain(Op.Pause, insn, step);
        const uint PredecessorWrites = 5 << 24, SuccessorReads = 10 << 20;
        bool storeBeforeLoad = (insn & PredecessorWrites) != 0 && (insn & SuccessorReads) != 0;
        return Plain(storeBeforeLoad || !TotalStoreOrder ? Op.FenceFull : Op.Nop, insn, step);
    }

    private static Slot DecodeImmediate(uint insn, int step)
    {
        bool right = insn >> 26 == 0, arithmetic = insn >> 26 == 0x10;
        Op op = Function(insn) switch
        {
            0 => Op.Addi,
            1 => right ? Op.Slli : Op.Illegal,
            2 => Op.Slti,
            3 => Op.Sltiu,
            4 => Op.Xori,
            5 => right ? Op.Srli : arithmetic ? Op.Srai : Op.Illegal,
            6 => Op.Ori,
            _ => Op.Andi,
        };
        if (op == Op.Illegal)
            return Plain(op, insn, step);
        if (Rd(insn) == 0)
            return Plain(Op.Nop, insn, step);
        if (op is Op.Addi && insn >> 20 == 0)
            op = Op.Move;
        else if (op is Op.Addi && Rs1(insn) == 0)
            op = Op.LoadImmediate;
        int imm = (int)insn >> 20;
        return Plain(op, insn, step) with { Imm = op is Op.Slli or Op.Srli or Op.Srai ? imm & 63 : imm };
    }

    private static Slot DecodeImmediateWord(uint insn, int step)
    {
        uint upper = insn >> 25;
        Op op = Function(insn) switch
        {
            0 => Op.Addiw,
            1 => upper == 0 ? Op.Slliw : Op.Illegal,
            5 => upper == 0 ? Op.Srliw : upper == 0x20 ? Op.Sraiw : Op.Illegal,
            _ => Op.Illegal,
        };
        int imm = (int)insn >> 20;
        return Plain(op, insn, step) with { Imm = op == Op.Illegal ? (int)insn : op == Op.Addiw ? imm : imm & 31 };
    }

    private static Slot DecodeRegister(uint insn, int step) => (insn >> 25) switch
    {
        0 when Rs1(insn) == 0 && Function(insn) == 0 && Rd(insn) != 0 => Plain(Op.Move, insn, step) with { Rs1 = Rs2(insn) },
        0 => Register(Base[Function(insn)], insn, step),
        1 => Register(Multiply[Function(insn)], insn, step),
        0x20 when Function(insn) is 0 => Register(Op.Sub, insn, step),
        0x20 when Function(insn) is 5 => Register(Op.Sra, insn, step),
        _ => Plain(Op.Illegal, insn, step),
    };

    private static Slot DecodeRegisterWord(uint insn, int step) => (insn >> 25) switch
    {
        0 => Register(BaseWord[Function(insn)], insn, step),
        1 => Register(MultiplyWord[Function(insn)], insn, step),
        0x20 when Function(insn) is 0 => Register(Op.Subw, insn, step),
        0x20 when Function(insn) is 5 => Register(Op.Sraw, insn, step),
        _ => Plain(Op.Illegal, insn, step),
    };

    private static Slot DecodeBranch(uint insn, int step, int halfword)
    {
        Op op = Branches[Function(insn)];
        if (op == Op.Illegal)
            return Plain(op, insn, step);
        int offset = ((int)(insn & 0x8000_0000) >> 19) | (int)((insn << 4) & 0x800)
            | (int)((insn >> 20) & 0x7E0) | (int)((insn >> 7) & 0x1E);
        Slot slot = new() { Op = op, Rd = (byte)step, Rs1 = Rs1(insn), Rs2 = Rs2(insn), Imm = offset >> 1 };
        return IsInPage(halfword, offset)
            ? slot
            : slot with { Op = Op.BranchFar, Rd = (byte)(step | ((int)op << 2) - ((int)Op.Beq << 2)), Imm = offset };
    }

    private static Slot DecodeJump(uint insn, int step, int halfword)
    {
        int offset = ((int)(insn & 0x8000_0000) >> 11) | (int)(insn & 0xF_F000) | (int)((insn >> 9) & 0x800) | (int)((insn >> 20) & 0x7FE);
        bool link = Rd(insn) != 0;
        return IsInPage(halfword, offset)
            ? Plain(link ? Op.JumpLink : Op.Jump, insn, step) with { Imm = offset >> 1 }
            : Plain(link ? Op.JumpLinkFar : Op.JumpFar, insn, step) with { Imm = offset };
    }

    private static bool IsInPage(int halfword, int offset) =>
        halfword >= 0 && halfword + (offset >> 1) is >= 0 and < DecodedPages.Halfwords;
}
