namespace Virtio.Riscv.Float;

/// <summary>Multiplication and addition with a single rounding, by integer arithmetic.</summary>
internal static class FusedMultiplication
{
    /// <summary>The product of the first two values plus the third.</summary>
    public static ulong MultiplyAdd<TFormat>(ulong left, ulong right, ulong addend, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        var a = Operand.Decode<TFormat>(left);
        var b = Operand.Decode<TFormat>(right);
        var c = Operand.Decode<TFormat>(addend);
        var negative = a.IsNegative != b.IsNegative;
        if (a.Kind != OperandKind.Finite || b.Kind != OperandKind.Finite || c.IsNaN || c.Kind == OperandKind.Infinity)
        {
            return AddSpecial<TFormat>(a, b, c, addend, mode, ref flags);
        }

        var product = (UInt128)a.Significand * b.Significand;
        var exponent = a.Exponent + b.Exponent + 1;
        if (product >> 127 == UInt128.Zero)
        {
            product <<= 1;
            exponent--;
        }

        return c.Kind == OperandKind.Zero
            ? Rounding.Round<TFormat>(negative, exponent, Rounding.FoldSticky(product), mode, ref flags)
            : AddFinite<TFormat>(negative, exponent, product, c, mode, ref flags);
    }

    private static ulong AddFinite<TFormat>(
        bool negative, int exponent, UInt128 product, in Operand c, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        // One bit of room for the carry. Both operands have at least 21 zero bits at the bottom, so the shift loses nothing, and as in
        // Addition the sticky bit is harmless.
        var large = product >> 1;
        var small = (UInt128)c.Significand << 63;
        var largeExponent = exponent;
        var smallExponent = c.Exponent;
        var subtract = negative != c.IsNegative;
        if (smallExponent > largeExponent || (smallExponent == largeExponent && small > large))
        {
            (large, small) = (small, large);
            (largeExponent, smallExponent) = (smallExponent, largeExponent);
            negative = c.IsNegative;
        }

        small = Rounding.ShiftRightSticky(small, largeExponent - smallExponent);
        var sum = subtract ? large - small : large + small;
        if (sum == UInt128.Zero)
        {
            return Rounding.CancelledZero<TFormat>(mode);
        }

        var leadingZeros = (int)UInt128.LeadingZeroCount(sum);
        var significand = Rounding.FoldSticky(sum << leadingZeros);
        return Rounding.Round<TFormat>(negative, largeExponent + 1 - leadingZeros, significand, mode, ref flags);
    }

    private static ulong AddSpecial<TFormat>(
        in Operand a, in Operand b, in Operand c, ulong addend, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        // RISC-V raises the invalid exception for infinity times zero even when the addend is a quiet NaN,
        // where IEEE 754 leaves the choice.
        if ((a.Kind == OperandKind.Infinity && b.Kind == OperandKind.Zero)
            || (a.Kind == OperandKind.Zero && b.Kind == OperandKind.Infinity))
        {
            return Operand.InvalidResult<TFormat>(ref flags);
        }

        if (a.IsNaN || b.IsNaN || c.IsNaN)
        {
            Operand.NaNResult<TFormat>(a, b, ref flags);
            return Operand.NaNResult<TFormat>(c, c, ref flags);
        }

        var negative = a.IsNegative != b.IsNegative;
        if (a.Kind == OperandKind.Infinity || b.Kind == OperandKind.Infinity)
        {
            return c.Kind == OperandKind.Infinity && c.IsNegative != negative
                ? Operand.InvalidResult<TFormat>(ref flags)
                : Layout<TFormat>.Infinity(negative);
        }

        // A zero product or an infinite addend remains.
        return c.Kind != OperandKind.Zero || c.IsNegative == negative ? addend : Rounding.CancelledZero<TFormat>(mode);
    }
}
