namespace Virtio.Riscv.Float;

/// <summary>Multiplication by integer arithmetic.</summary>
internal static class Multiplication
{
    /// <summary>Multiplies two values of the format.</summary>
    public static ulong Multiply<TFormat>(ulong left, ulong right, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        var a = Operand.Decode<TFormat>(left);
        var b = Operand.Decode<TFormat>(right);
        var negative = a.IsNegative != b.IsNegative;
        if (a.Kind == OperandKind.Finite && b.Kind == OperandKind.Finite)
        {
            var high = Math.BigMul(a.Significand, b.Significand, out var low);
            return Rounding.NormalizeAndRound<TFormat>(negative, a.Exponent + b.Exponent + 1, high | (low != 0 ? 1UL : 0), mode, ref flags);
        }

        if (a.IsNaN || b.IsNaN)
        {
            return Operand.NaNResult<TFormat>(a, b, ref flags);
        }

        if (a.Kind != OperandKind.Infinity && b.Kind != OperandKind.Infinity)
        {
            return Layout<TFormat>.Zero(negative);
        }

        return a.Kind == OperandKind.Zero || b.Kind == OperandKind.Zero
            ? Operand.InvalidResult<TFormat>(ref flags)
            : Layout<TFormat>.Infinity(negative);
    }
}
