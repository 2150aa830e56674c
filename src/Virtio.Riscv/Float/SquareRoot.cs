namespace Virtio.Riscv.Float;

/// <summary>The square root by integer arithmetic.</summary>
internal static class SquareRoot
{
    /// <summary>The square root of a value of the format.</summary>
    public static ulong Sqrt<TFormat>(ulong value, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        var a = Operand.Decode<TFormat>(value);
        if (a.IsNaN)
        {
            return Operand.NaNResult<TFormat>(a, a, ref flags);
        }

        if (a.Kind == OperandKind.Zero)
        {
            return value;
        }

        if (a.IsNegative)
        {
            return Operand.InvalidResult<TFormat>(ref flags);
        }

        if (a.Kind == OperandKind.Infinity)
        {
            return value;
        }

        // Scaled by a power of four, so that the exponent is halved exactly and the root has 64 significant bits.
        var scaled = (UInt128)a.Significand << ((a.Exponent & 1) != 0 ? 64 : 63);
        var root = Floor(scaled);
        var exact = (UInt128)root * root == scaled;
        return Rounding.Round<TFormat>(false, a.Exponent >> 1, root | (exact ? 0UL : 1), mode, ref flags);
    }

    /// <summary>The largest integer whose square is not above a value in [2^126, 2^128).</summary>
    private static ulong Floor(UInt128 value)
    {
        // The host's root is off by less than 2^12. One step of Newton's method from there is off by less than one before truncation, and
        // never too small. The quality of the estimate decides only how often the two loops run: they end at the floor by its definition.
        var estimate = Math.Sqrt((double)(ulong)(value >> 64)) * 4294967296.0;
        var root = estimate >= 18446744073709549568.0 ? ulong.MaxValue : (ulong)estimate;
        var next = ((UInt128)root + (value / root)) >> 1;
        root = next > ulong.MaxValue ? ulong.MaxValue : (ulong)next;
        while ((UInt128)root * root > value)
        {
            root--;
        }

        while (root != ulong.MaxValue && ((UInt128)root + 1) * ((UInt128)root + 1) <= value)
        {
            root++;
        }

        return root;
    }
}
