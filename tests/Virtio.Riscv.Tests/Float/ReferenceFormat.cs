using System.Numerics;
using Virtio.Riscv.Float;

namespace Virtio.Riscv.Tests.Float;

/// <summary>
/// An interchange format by its definition: every value is an exact number, and rounding compares the remainder of a division with half the
/// divisor.
/// </summary>
internal sealed record ReferenceFormat(int FractionBits, int ExponentBits)
{
    public static readonly ReferenceFormat Single = new(23, 8);

    public static readonly ReferenceFormat Double = new(52, 11);

    public int Bias => (1 << (ExponentBits - 1)) - 1;

    public ulong Sign => 1UL << (FractionBits + ExponentBits);

    public ulong Infinity => ((1UL << ExponentBits) - 1) << FractionBits;

    public ulong CanonicalNaN => Infinity | QuietBit;

    public ulong QuietBit => 1UL << (FractionBits - 1);

    public bool IsNegative(ulong bits) => (bits & Sign) != 0;

    public bool IsNaN(ulong bits) => Magnitude(bits) > Infinity;

    public bool IsSignaling(ulong bits) => IsNaN(bits) && (bits & QuietBit) == 0;

    public bool IsInfinite(ulong bits) => Magnitude(bits) == Infinity;

    public bool IsZero(ulong bits) => Magnitude(bits) == 0;

    public ulong Magnitude(ulong bits) => bits & (Sign - 1);

    public ulong Signed(bool negative, ulong magnitude) => negative ? magnitude | Sign : magnitude;

    public ExactValue ValueOf(ulong bits)
    {
        var field = (int)(Magnitude(bits) >> FractionBits);
        var fraction = bits & ((1UL << FractionBits) - 1);
        var significand = field == 0 ? fraction : fraction + (1UL << FractionBits);
        return ExactValue.Of(IsNegative(bits) ? -(BigInteger)significand : significand, Math.Max(field, 1) - Bias - FractionBits);
    }

    /// <summary>Rounds a value that is not zero.</summary>
    public (ulong Bits, FloatFlags Flags) Round(ExactValue value, RoundingMode mode)
    {
        var negative = value.Numerator.Sign < 0;
        var (minExponent, maxExponent) = (1 - Bias, Bias);
        var exponent = ExponentOf(value);
        var (significand, inexact) = RoundToMultiple(value, exponent - FractionBits, mode);

        // Tininess is detected after rounding, as if the exponent were unbounded.
        var roundedExponent = significand == BigInteger.One << (FractionBits + 1) ? exponent + 1 : exponent;
        var tiny = roundedExponent < minExponent;
        if (exponent < minExponent)
        {
            exponent = minExponent;
            (significand, inexact) = RoundToMultiple(value, minExponent - FractionBits, mode);
        }

        if (significand == BigInteger.One << (FractionBits + 1))
        {
            significand >>= 1;
            exponent++;
        }

        if (exponent > maxExponent)
        {
            var toInfinity = mode is RoundingMode.NearestEven or RoundingMode.NearestMaxMagnitude
                || mode == (negative ? RoundingMode.Down : RoundingMode.Up);
            return (Signed(negative, toInfinity ? Infinity : Infinity - 1), FloatFlags.Overflow | FloatFlags.Inexact);
        }

        var subnormal = significand < BigInteger.One << FractionBits;
        var field = subnormal ? 0UL : (ulong)(exponent + Bias);
        var fraction = (ulong)(subnormal ? significand : significand - (BigInteger.One << FractionBits));
        var flags = !inexact ? FloatFlags.None : tiny ? FloatFlags.Inexact | FloatFlags.Underflow : FloatFlags.Inexact;
        return (Signed(negative, (field << FractionBits) | fraction), flags);
    }

    /// <summary>The magnitude as a whole number of 2^unit.</summary>
    public static (BigInteger Magnitude, bool Inexact) RoundToMultiple(ExactValue value, int unit, RoundingMode mode)
    {
        var negative = value.Numerator.Sign < 0;
        var shift = value.Scale - unit;
        var dividend = BigInteger.Abs(value.Numerator) << Math.Max(shift, 0);
        var divisor = value.Denominator << Math.Max(-shift, 0);
        var quotient = BigInteger.DivRem(dividend, divisor, out var remainder);
        if (remainder.IsZero)
        {
            return (quotient, false);
        }

        var half = (remainder << 1).CompareTo(divisor);
        var away = mode switch
        {
            RoundingMode.NearestEven => half > 0 || (half == 0 && !quotient.IsEven),
            RoundingMode.NearestMaxMagnitude => half >= 0,
            RoundingMode.Down => negative,
            RoundingMode.Up => !negative,
            _ => false,
        };
        return (away ? quotient + 1 : quotient, true);
    }

    /// <summary>The e for which 2^e ≤ |value| &lt; 2^(e + 1).</summary>
    private static int ExponentOf(ExactValue value)
    {
        var numerator = BigInteger.Abs(value.Numerator);
        var exponent = (int)(numerator.GetBitLength() - value.Denominator.GetBitLength());
        var reached = numerator << Math.Max(-exponent, 0) >= value.Denominator << Math.Max(exponent, 0);
        return value.Scale + (reached ? exponent : exponent - 1);
    }
}
