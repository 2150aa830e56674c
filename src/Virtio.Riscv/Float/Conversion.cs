namespace Virtio.Riscv.Float;

/// <summary>Conversions between the formats and integers.</summary>
internal static class Conversion
{
    /// <summary>
    /// Rounds a value to a two's complement integer. A value out of range becomes the nearest in range, a NaN the largest; both raise
    /// invalid instead of inexact.
    /// </summary>
    /// <param name="value">The value.</param>
    /// <param name="largest">The largest magnitude of a positive result.</param>
    /// <param name="smallest">The largest magnitude of a negative result; 0 for an unsigned integer.</param>
    /// <param name="mode">The rounding mode.</param>
    /// <param name="flags">The exceptions of the conversion are added to it.</param>
    public static ulong ToInteger<TFormat>(ulong value, ulong largest, ulong smallest, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        var a = Operand.Decode<TFormat>(value);
        if (a.Kind == OperandKind.Zero)
        {
            return 0;
        }

        var negative = a.IsNegative && !a.IsNaN;
        var limit = negative ? smallest : largest;
        if (a.Kind == OperandKind.Finite && a.Exponent < 64)
        {
            // 64 bits before the binary point and 64 behind. Rounding cannot carry out: above 2^53 there is nothing to round.
            var fixedPoint = Rounding.ShiftRightSticky((UInt128)a.Significand << 64, 63 - a.Exponent);
            var magnitude = (ulong)(fixedPoint >> 64);
            var remainder = (ulong)fixedPoint;
            if (Rounding.IsAwayFromZero(negative, (magnitude & 1) != 0, remainder, 1UL << 63, mode))
            {
                magnitude++;
            }

            if (magnitude <= limit)
            {
                flags |= remainder != 0 ? FloatFlags.Inexact : FloatFlags.None;
                return negative ? 0 - magnitude : magnitude;
            }
        }

        flags |= FloatFlags.Invalid;
        return negative ? 0 - limit : limit;
    }

    /// <summary>Rounds an integer, given as sign and magnitude, to the format.</summary>
    public static ulong FromInteger<TFormat>(bool negative, ulong magnitude, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat =>
        magnitude == 0 ? 0 : Rounding.NormalizeAndRound<TFormat>(negative, 63, magnitude, mode, ref flags);

    /// <summary>Rounds a signed integer to the format.</summary>
    public static ulong FromSigned<TFormat>(long value, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat =>
        FromInteger<TFormat>(value < 0, value < 0 ? 0 - (ulong)value : (ulong)value, mode, ref flags);

    /// <summary>Rounds a value of one format to another.</summary>
    public static ulong Convert<TFrom, TTo>(ulong value, RoundingMode mode, ref FloatFlags flags)
        where TFrom : struct, IBinaryFormat
        where TTo : struct, IBinaryFormat
    {
        var a = Operand.Decode<TFrom>(value);
        return a.Kind switch
        {
            OperandKind.Zero => Layout<TTo>.Zero(a.IsNegative),
            OperandKind.Finite => Rounding.Round<TTo>(a.IsNegative, a.Exponent, a.Significand, mode, ref flags),
            OperandKind.Infinity => Layout<TTo>.Infinity(a.IsNegative),
            _ => Operand.NaNResult<TTo>(a, a, ref flags),
        };
    }
}
