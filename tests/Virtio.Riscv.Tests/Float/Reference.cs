using System.Numerics;
using Virtio.Riscv.Float;

namespace Virtio.Riscv.Tests.Float;

/// <summary>The operations on exact values. Written to be compared with the standard, not to be fast.</summary>
internal static class Reference
{
    public static (ulong Bits, FloatFlags Flags) Add(ReferenceFormat f, ulong a, ulong b, RoundingMode mode)
    {
        if (f.IsNaN(a) || f.IsNaN(b))
        {
            return NaN(f, a, b);
        }

        if (f.IsInfinite(a) || f.IsInfinite(b))
        {
            return f.IsInfinite(a) && f.IsInfinite(b) && a != b ? Invalid(f) : (f.IsInfinite(a) ? a : b, FloatFlags.None);
        }

        return Sum(f, f.ValueOf(a), f.ValueOf(b), f.IsNegative(a), f.IsNegative(b), mode);
    }

    public static (ulong Bits, FloatFlags Flags) Subtract(ReferenceFormat f, ulong a, ulong b, RoundingMode mode) =>
        Add(f, a, b ^ f.Sign, mode);

    public static (ulong Bits, FloatFlags Flags) Multiply(ReferenceFormat f, ulong a, ulong b, RoundingMode mode)
    {
        var negative = f.IsNegative(a) != f.IsNegative(b);
        return f.IsNaN(a) || f.IsNaN(b) ? NaN(f, a, b)
            : IsInfinityTimesZero(f, a, b) ? Invalid(f)
            : f.IsInfinite(a) || f.IsInfinite(b) ? (f.Signed(negative, f.Infinity), FloatFlags.None)
            : f.IsZero(a) || f.IsZero(b) ? (f.Signed(negative, 0), FloatFlags.None)
            : f.Round(f.ValueOf(a) * f.ValueOf(b), mode);
    }

    public static (ulong Bits, FloatFlags Flags) Divide(ReferenceFormat f, ulong a, ulong b, RoundingMode mode)
    {
        var negative = f.IsNegative(a) != f.IsNegative(b);
        return f.IsNaN(a) || f.IsNaN(b) ? NaN(f, a, b)
            : (f.IsZero(a) && f.IsZero(b)) || (f.IsInfinite(a) && f.IsInfinite(b)) ? Invalid(f)
            : f.IsInfinite(a) ? (f.Signed(negative, f.Infinity), FloatFlags.None)
            : f.IsZero(b) ? (f.Signed(negative, f.Infinity), FloatFlags.DivideByZero)
            : f.IsZero(a) || f.IsInfinite(b) ? (f.Signed(negative, 0), FloatFlags.None)
            : f.Round(f.ValueOf(a) / f.ValueOf(b), mode);
    }

    public static (ulong Bits, FloatFlags Flags) SquareRoot(ReferenceFormat f, ulong a, RoundingMode mode) =>
        f.IsNaN(a) ? NaN(f, a, a)
        : f.IsZero(a) ? (a, FloatFlags.None)
        : f.IsNegative(a) ? Invalid(f)
        : f.IsInfinite(a) ? (a, FloatFlags.None)
        : f.Round(f.ValueOf(a).SquareRoot(), mode);

    public static (ulong Bits, FloatFlags Flags) MultiplyAdd(ReferenceFormat f, ulong a, ulong b, ulong c, RoundingMode mode)
    {
        if (IsInfinityTimesZero(f, a, b))
        {
            return Invalid(f);
        }

        if (f.IsNaN(a) || f.IsNaN(b) || f.IsNaN(c))
        {
            return (f.CanonicalNaN, NaN(f, a, b).Flags | NaN(f, c, c).Flags);
        }

        var negative = f.IsNegative(a) != f.IsNegative(b);
        if (f.IsInfinite(a) || f.IsInfinite(b))
        {
            return f.IsInfinite(c) && f.IsNegative(c) != negative ? Invalid(f) : (f.Signed(negative, f.Infinity), FloatFlags.None);
        }

        return f.IsInfinite(c) ? (c, FloatFlags.None) : Sum(f, f.ValueOf(a) * f.ValueOf(b), f.ValueOf(c), negative, f.IsNegative(c), mode);
    }

    public static (ulong Bits, FloatFlags Flags) MinMax(ReferenceFormat f, ulong a, ulong b, bool max)
    {
        var flags = f.IsSignaling(a) || f.IsSignaling(b) ? FloatFlags.Invalid : FloatFlags.None;
        if (f.IsNaN(a) || f.IsNaN(b))
        {
            return (!f.IsNaN(a) ? a : !f.IsNaN(b) ? b : f.CanonicalNaN, flags);
        }

        var order = Compare(f, a, b);
        if (order == 0)
        {
            order = f.IsNegative(b).CompareTo(f.IsNegative(a));
        }

        return (order < 0 != max ? a : b, flags);
    }

    public static (ulong Bits, FloatFlags Flags) Relation(ReferenceFormat f, ulong a, ulong b, bool quiet, Func<int, bool> holds)
    {
        if (!f.IsNaN(a) && !f.IsNaN(b))
        {
            return (holds(Compare(f, a, b)) ? 1UL : 0, FloatFlags.None);
        }

        return (0, !quiet || f.IsSignaling(a) || f.IsSignaling(b) ? FloatFlags.Invalid : FloatFlags.None);
    }

    public static (ulong Bits, FloatFlags Flags) Classify(ReferenceFormat f, ulong a)
    {
        var subnormal = f.Magnitude(a) < 1UL << f.FractionBits;
        var bit = f.IsSignaling(a) ? 8 : f.IsNaN(a) ? 9
            : f.IsNegative(a) ? (f.IsInfinite(a) ? 0 : f.IsZero(a) ? 3 : subnormal ? 2 : 1)
            : f.IsInfinite(a) ? 7 : f.IsZero(a) ? 4 : subnormal ? 5 : 6;
        return (1UL << bit, FloatFlags.None);
    }

    public static (ulong Bits, FloatFlags Flags) ToInteger(ReferenceFormat f, ulong a, BigInteger min, BigInteger max, RoundingMode mode)
    {
        BigInteger result;
        var flags = FloatFlags.Invalid;
        if (f.IsNaN(a) || f.IsInfinite(a))
        {
            result = f.IsInfinite(a) && f.IsNegative(a) ? min : max;
        }
        else
        {
            var (magnitude, inexact) = ReferenceFormat.RoundToMultiple(f.ValueOf(a), 0, mode);
            var integer = f.IsNegative(a) ? -magnitude : magnitude;
            result = BigInteger.Clamp(integer, min, max);
            flags = result != integer ? FloatFlags.Invalid : inexact ? FloatFlags.Inexact : FloatFlags.None;
        }

        return ((ulong)(result & (max > uint.MaxValue ? ulong.MaxValue : uint.MaxValue)), flags);
    }

    public static (ulong Bits, FloatFlags Flags) FromInteger(ReferenceFormat f, BigInteger value, RoundingMode mode) =>
        value.IsZero ? (0, FloatFlags.None) : f.Round(ExactValue.Of(value), mode);

    public static (ulong Bits, FloatFlags Flags) Convert(ReferenceFormat from, ReferenceFormat to, ulong a, RoundingMode mode) =>
        from.IsNaN(a) ? (to.CanonicalNaN, NaN(from, a, a).Flags)
        : from.IsInfinite(a) ? (to.Signed(from.IsNegative(a), to.Infinity), FloatFlags.None)
        : from.IsZero(a) ? (to.Signed(from.IsNegative(a), 0), FloatFlags.None)
        : to.Round(from.ValueOf(a), mode);

    private static (ulong Bits, FloatFlags Flags) Sum(
        ReferenceFormat f, ExactValue a, ExactValue b, bool aNegative, bool bNegative, RoundingMode mode)
    {
        var sum = a + b;
        if (!sum.Numerator.IsZero)
        {
            return f.Round(sum, mode);
        }

        // If the signs are equal, only two zeros have the sum zero.
        return (f.Signed(aNegative == bNegative ? aNegative : mode == RoundingMode.Down, 0), FloatFlags.None);
    }

    private static int Compare(ReferenceFormat f, ulong a, ulong b)
    {
        if (f.IsInfinite(a) || f.IsInfinite(b))
        {
            return Rank(f, a).CompareTo(Rank(f, b));
        }

        return (f.ValueOf(a) + (ExactValue.Of(-1) * f.ValueOf(b))).Numerator.Sign;
    }

    private static int Rank(ReferenceFormat f, ulong a) => !f.IsInfinite(a) ? 0 : f.IsNegative(a) ? -1 : 1;

    private static bool IsInfinityTimesZero(ReferenceFormat f, ulong a, ulong b) =>
        (f.IsInfinite(a) && f.IsZero(b)) || (f.IsZero(a) && f.IsInfinite(b));

    private static (ulong Bits, FloatFlags Flags) NaN(ReferenceFormat f, ulong a, ulong b) =>
        (f.CanonicalNaN, f.IsSignaling(a) || f.IsSignaling(b) ? FloatFlags.Invalid : FloatFlags.None);

    private static (ulong Bits, FloatFlags Flags) Invalid(ReferenceFormat f) => (f.CanonicalNaN, FloatFlags.Invalid);
}
