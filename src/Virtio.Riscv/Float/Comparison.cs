namespace Virtio.Riscv.Float;

/// <summary>Comparisons, minimum and maximum, classification.</summary>
internal static class Comparison
{
    /// <summary>Whether the values are equal; quiet: only a signaling NaN is invalid.</summary>
    public static bool Equal<TFormat>(ulong a, ulong b, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat =>
        IsOrdered<TFormat>(a, b, signaling: false, ref flags) && Order<TFormat>(a) == Order<TFormat>(b);

    /// <summary>Whether the first value is below the second; signaling: any NaN is invalid.</summary>
    public static bool LessThan<TFormat>(ulong a, ulong b, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat =>
        IsOrdered<TFormat>(a, b, signaling: true, ref flags) && Order<TFormat>(a) < Order<TFormat>(b);

    /// <summary>Whether the first value is not above the second; signaling: any NaN is invalid.</summary>
    public static bool LessOrEqual<TFormat>(ulong a, ulong b, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat =>
        IsOrdered<TFormat>(a, b, signaling: true, ref flags) && Order<TFormat>(a) <= Order<TFormat>(b);

    /// <summary>The smaller value (IEEE 754-2019 <c>minimumNumber</c>).</summary>
    public static ulong Min<TFormat>(ulong a, ulong b, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        if (!IsOrdered<TFormat>(a, b, signaling: false, ref flags))
        {
            return NumberOf<TFormat>(a, b);
        }

        // Equal in order but not in bits are only the two zeros; the union of their bits is the negative one.
        var (left, right) = (Order<TFormat>(a), Order<TFormat>(b));
        return left == right ? a | b : left < right ? a : b;
    }

    /// <summary>The larger value (IEEE 754-2019 <c>maximumNumber</c>).</summary>
    public static ulong Max<TFormat>(ulong a, ulong b, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        if (!IsOrdered<TFormat>(a, b, signaling: false, ref flags))
        {
            return NumberOf<TFormat>(a, b);
        }

        var (left, right) = (Order<TFormat>(a), Order<TFormat>(b));
        return left == right ? a & b : left > right ? a : b;
    }

    /// <summary>The class as one of ten bits, as <c>fclass</c> returns it.</summary>
    public static uint Classify<TFormat>(ulong value)
        where TFormat : struct, IBinaryFormat
    {
        var magnitude = value & Layout<TFormat>.MagnitudeMask;
        if (magnitude > Layout<TFormat>.PositiveInfinity)
        {
            return Layout<TFormat>.IsSignalingNaN(value) ? 1U << 8 : 1U << 9;
        }

        var distance = magnitude == Layout<TFormat>.PositiveInfinity ? 3
            : magnitude > Layout<TFormat>.FractionMask ? 2
            : magnitude != 0 ? 1 : 0;
        return (value & Layout<TFormat>.SignBit) != 0 ? 1U << (3 - distance) : 1U << (4 + distance);
    }

    private static bool IsOrdered<TFormat>(ulong a, ulong b, bool signaling, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        if (!Layout<TFormat>.IsNaN(a) && !Layout<TFormat>.IsNaN(b))
        {
            return true;
        }

        if (signaling || Layout<TFormat>.IsSignalingNaN(a) || Layout<TFormat>.IsSignalingNaN(b))
        {
            flags |= FloatFlags.Invalid;
        }

        return false;
    }

    private static ulong NumberOf<TFormat>(ulong a, ulong b)
        where TFormat : struct, IBinaryFormat =>
        !Layout<TFormat>.IsNaN(a) ? a : !Layout<TFormat>.IsNaN(b) ? b : Layout<TFormat>.CanonicalNaN;

    /// <summary>A number that orders like the value; both zeros are 0.</summary>
    private static long Order<TFormat>(ulong value)
        where TFormat : struct, IBinaryFormat
    {
        var magnitude = (long)(value & Layout<TFormat>.MagnitudeMask);
        return (value & Layout<TFormat>.SignBit) != 0 ? -magnitude : magnitude;
    }
}
