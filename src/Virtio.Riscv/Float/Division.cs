namespace Virtio.Riscv.Float;

/// <summary>Division by integer arithmetic.</summary>
internal static class Division
{
    /// <summary>Divides two values of the format.</summary>
    public static ulong Divide<TFormat>(ulong dividend, ulong divisor, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        var a = Operand.Decode<TFormat>(dividend);
        var b = Operand.Decode<TFormat>(divisor);
        var negative = a.IsNegative != b.IsNegative;
        if (a.Kind == OperandKind.Finite && b.Kind == OperandKind.Finite)
        {
            return DivideFinite<TFormat>(a, b, negative, mode, ref flags);
        }

        if (a.IsNaN || b.IsNaN)
        {
            return Operand.NaNResult<TFormat>(a, b, ref flags);
        }

        if (a.Kind == b.Kind)
        {
            return Operand.InvalidResult<TFormat>(ref flags);
        }

        if (a.Kind == OperandKind.Zero || b.Kind == OperandKind.Infinity)
        {
            return Layout<TFormat>.Zero(negative);
        }

        // Infinity over zero is an exact infinity; only a finite dividend divides by zero.
        if (a.Kind == OperandKind.Finite)
        {
            flags |= FloatFlags.DivideByZero;
        }

        return Layout<TFormat>.Infinity(negative);
    }

    private static ulong DivideFinite<TFormat>(in Operand a, in Operand b, bool negative, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        // The dividend is scaled so that the quotient has 64 significant bits; the remainder only decides whether it is exact.
        var fits = a.Significand >= b.Significand;
        var scaled = (UInt128)a.Significand << (fits ? 63 : 64);
        var quotient = (ulong)(scaled / b.Significand);
        var exact = (UInt128)quotient * b.Significand == scaled;
        return Rounding.Round<TFormat>(negative, a.Exponent - b.Exponent - (fits ? 0 : 1), quotient | (exact ? 0UL : 1), mode, ref flags);
    }
}
