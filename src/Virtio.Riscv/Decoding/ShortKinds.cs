namespace Virtio.Riscv;

/// <summary>Maps between the kinds of slots for 32-bit and for 16-bit instructions.</summary>
internal static class ShortKinds
{
    /// <summary>The kind for the 16-bit form, or the same kind if the loop does not distinguish the lengths.</summary>
    public static Op Of(Op op) => op switch
    {
        Op.Nop => Op.NopShort,
        Op.LoadImmediate => Op.LoadImmediateShort,
        Op.Move => Op.MoveShort,
        Op.Addi => Op.AddiShort,
        Op.Addiw => Op.AddiwShort,
        Op.Slli => Op.SlliShort,
        Op.Srli => Op.SrliShort,
        Op.Srai => Op.SraiShort,
        Op.Andi => Op.AndiShort,
        Op.Add => Op.AddShort,
        Op.Sub => Op.SubShort,
        Op.Xor => Op.XorShort,
        Op.Or => Op.OrShort,
        Op.And => Op.AndShort,
        Op.Addw => Op.AddwShort,
        Op.Subw => Op.SubwShort,
        Op.Lw => Op.LwShort,
        Op.Ld => Op.LdShort,
        Op.Sw => Op.SwShort,
        Op.Sd => Op.SdShort,
        Op.Beq => Op.BeqShort,
        Op.Bne => Op.BneShort,
        _ => op,
    };

    /// <summary>The kind for the 32-bit form of a load or store.</summary>
    public static Op OfAccess(Op op) => op switch
    {
        Op.LwShort => Op.Lw,
        Op.LdShort => Op.Ld,
        Op.SwShort => Op.Sw,
        Op.SdShort => Op.Sd,
        _ => op,
    };
}
