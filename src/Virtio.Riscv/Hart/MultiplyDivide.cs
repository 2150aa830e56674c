namespace Virtio.Riscv;

/// <summary>The M extension's high products, and its divisions with the results it defines for zero and overflow.</summary>
internal static class MultiplyDivide
{
    public static ulong Compute(Op op, ulong left, ulong right) => op switch
    {
        Op.Mulh => (ulong)Math.BigMul((long)left, (long)right, out _),
        Op.Mulhsu => Math.BigMul(left, right, out _) - ((long)left < 0 ? right : 0),
        Op.Div => (ulong)Divide((long)left, (long)right),
        Op.Divu => right == 0 ? ulong.MaxValue : left / right,
        Op.Rem => (ulong)Remainder((long)left, (long)right),
        Op.Remu => right == 0 ? left : left % right,
        Op.Divw => (ulong)(int)Divide((int)left, (int)right),
        Op.Divuw => (uint)right == 0 ? ulong.MaxValue : (ulong)(int)((uint)left / (uint)right),
        Op.Remw => (ulong)(int)Remainder((int)left, (int)right),
        _ => (ulong)(int)((uint)right == 0 ? (uint)left : (uint)left % (uint)right),
    };

    private static long Divide(long left, long right) => right switch
    {
        0 => -1,
        -1 => unchecked(-left),
        _ => left / right,
    };

    private static long Remainder(long left, long right) => right switch
    {
        0 => left,
        -1 => 0,
        _ => left % right,
    };
}
