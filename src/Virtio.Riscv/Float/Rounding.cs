using System.Numerics;

namespace Virtio.Riscv.Float;

/// <summary>The only code that turns an exact result into a value of a format and raises the exceptions of rounding.</summary>
internal static class Rounding
{
    /// <summary>Rounds <c>±significand × 2^(exponent − 63)</c> to the format.</summary>
    /// <param name="negative">The sign of the exact result.</param>
    /// <param name="exponent">The true exponent, of any size an operation can reach.</param>
    /// <param name="significand">In [2^63, 2^64). Its lowest bit may stand for everything below it ("sticky").</param>
    /// <param name="mode">The rounding mode.</param>
    /// <param name="flags">The exceptions of rounding are added to it.</param>
    public static ulong Round<TFormat>(bool negative, int exponent, ulong significand, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        if (exponent < Layout<TFormat>.MinExponent)
        {
            return RoundTiny<TFormat>(negative, exponent, significand, mode, ref flags);
        }

        var rounded = Quotient<TFormat>(negative, significand, mode, out var inexact);

        // The leading one of the significand adds 1 to the exponent field (hence − 1). A carry out of the significand also increments the
        // exponent, which is the correct result.
        var field = (long)(exponent + Layout<TFormat>.Bias - 1);
        if (field + (long)(rounded >> TFormat.FractionBits) >= Layout<TFormat>.SpecialExponent)
        {
            return Overflow<TFormat>(negative, mode, ref flags);
        }

        if (inexact)
        {
            flags |= FloatFlags.Inexact;
        }

        return Layout<TFormat>.Zero(negative) | (((ulong)field << TFormat.FractionBits) + rounded);
    }

    /// <summary>Normalizes a significand that is not zero, then rounds it.</summary>
    public static ulong NormalizeAndRound<TFormat>(bool negative, int exponent, ulong significand, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        var leadingZeros = BitOperations.LeadingZeroCount(significand);
        return Round<TFormat>(negative, exponent - leadingZeros, significand << leadingZeros, mode, ref flags);
    }

    /// <summary>
    /// Whether the next larger magnitude is the result.
    /// The remainder is in units in which <paramref name="half"/> is half a unit in the last place.
    /// </summary>
    public static bool IsAwayFromZero(bool negative, bool odd, ulong remainder, ulong half, RoundingMode mode) => mode switch
    {
        RoundingMode.NearestEven => remainder > half || (remainder == half && odd),
        RoundingMode.NearestMaxMagnitude => remainder >= half,
        RoundingMode.Down => negative && remainder != 0,
        RoundingMode.Up => !negative && remainder != 0,
        _ => false,
    };

    /// <summary>The zero that results from a sum of opposite values (IEEE 754, 6.3).</summary>
    public static ulong CancelledZero<TFormat>(RoundingMode mode)
        where TFormat : struct, IBinaryFormat => Layout<TFormat>.Zero(mode == RoundingMode.Down);

    /// <summary>
    /// Shifts right. If any bit that is cut off is set, the lowest bit of the result is set, so that rounding takes it into account.
    /// </summary>
    public static ulong ShiftRightSticky(ulong value, int count) => count switch
    {
        0 => value,
        < 64 => (value >> count) | ((value << (64 - count)) != 0 ? 1UL : 0),
        _ => value != 0 ? 1UL : 0,
    };

    /// <summary>
    /// Shifts right. If any bit that is cut off is set, the lowest bit of the result is set, so that rounding takes it into account.
    /// </summary>
    public static UInt128 ShiftRightSticky(UInt128 value, int count) => count switch
    {
        0 => value,
        < 128 => (value >> count) | ((value << (128 - count)) != UInt128.Zero ? UInt128.One : UInt128.Zero),
        _ => value != UInt128.Zero ? UInt128.One : UInt128.Zero,
    };

    /// <summary>Folds 128 bits into the upper 64; if any bit that is cut off is set, the lowest bit is set.</summary>
    public static ulong FoldSticky(UInt128 value) => (ulong)(value >> 64) | ((ulong)value != 0 ? 1UL : 0);

    private static ulong RoundTiny<TFormat>(bool negative, int exponent, ulong significand, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        var shift = Layout<TFormat>.MinExponent - exponent;

        // RISC-V detects tininess after rounding (F extension, "Floating-Point Control and Status Register"): a value just below the
        // smallest normal value is not tiny if rounding it with an unbounded exponent reaches that normal value.
        var tiny = shift > 1 || Quotient<TFormat>(negative, significand, mode, out _) >> TFormat.FractionBits == 1;
        var rounded = Quotient<TFormat>(negative, ShiftRightSticky(significand, shift), mode, out var inexact);
        if (inexact)
        {
            flags |= tiny ? FloatFlags.Inexact | FloatFlags.Underflow : FloatFlags.Inexact;
        }

        return Layout<TFormat>.Zero(negative) | rounded;
    }

    private static ulong Overflow<TFormat>(bool negative, RoundingMode mode, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        flags |= FloatFlags.Overflow | FloatFlags.Inexact;
        var toLargest = mode switch
        {
            RoundingMode.TowardZero => true,
            RoundingMode.Down => !negative,
            RoundingMode.Up => negative,
            _ => false,
        };
        return Layout<TFormat>.Infinity(negative) - (toLargest ? 1UL : 0);
    }

    private static ulong Quotient<TFormat>(bool negative, ulong significand, RoundingMode mode, out bool inexact)
        where TFormat : struct, IBinaryFormat
    {
        var unit = 1UL << (63 - TFormat.FractionBits);
        var remainder = significand & (unit - 1);
        var quotient = significand >> (63 - TFormat.FractionBits);
        inexact = remainder != 0;
        return IsAwayFromZero(negative, (quotient & 1) != 0, remainder, unit >> 1, mode) ? quotient + 1 : quotient;
    }
}
