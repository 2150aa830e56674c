namespace Virtio.Riscv.Float;

/// <summary>Addition by integer arithmetic; subtraction is addition of the negated operand.</summary>
internal static class Addition
{
    /// <summary>Adds two values of the format.</summary>
    public static ulong Add<TFormat>(ulong left, ulong right, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        var a = Operand.Decode<TFormat>(left);
        var b = Operand.Decode<TFormat>(right);
        if (a.Kind == OperandKind.Finite && b.Kind == OperandKind.Finite)
        {
            return AddFinite<TFormat>(a, b, mode, ref flags);
        }

        if (a.IsNaN || b.IsNaN)
        {
            return Operand.NaNResult<TFormat>(a, b, ref flags);
        }

        if (a.Kind == OperandKind.Infinity)
        {
            return b.Kind == OperandKind.Infinity && a.IsNegative != b.IsNegative ? Operand.InvalidResult<TFormat>(ref flags) : left;
        }

        if (b.Kind == OperandKind.Infinity || b.Kind == OperandKind.Finite)
        {
            return right;
        }

        return a.Kind == OperandKind.Finite || a.IsNegative == b.IsNegative ? left : Rounding.CancelledZero<TFormat>(mode);
    }

    private static ulong AddFinite<TFormat>(in Operand a, in Operand b, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        var aIsLarger = a.Exponent > b.Exponent || (a.Exponent == b.Exponent && a.Significand >= b.Significand);
        var large = aIsLarger ? a : b;
        var small = aIsLarger ? b : a;

        // One bit of room for the carry. At least 10 zero bits remain below either significand, so the sticky bit stays below the result's
        // half unit even when the difference loses a leading bit. The difference loses more bits only when the exponents differ by at most
        // one, and then no bits are cut off.
        var significand = large.Significand >> 1;
        var addend = Rounding.ShiftRightSticky(small.Significand >> 1, large.Exponent - small.Exponent);
        significand = large.IsNegative == small.IsNegative ? significand + addend : significand - addend;
        return significand == 0
            ? Rounding.CancelledZero<TFormat>(mode)
            : Rounding.NormalizeAndRound<TFormat>(large.IsNegative, large.Exponent + 1, significand, mode, ref flags);
    }
}
