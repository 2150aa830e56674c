namespace Virtio.Riscv.Float;

internal static partial class Float32
{
    /// <summary>Rounds to a signed 32-bit integer, saturating; NaN gives the largest.</summary>
    public static int ToInt32(uint a, RoundingMode mode, ref FloatFlags flags) =>
        (int)Conversion.ToInteger<Binary32>(a, int.MaxValue, 1UL << 31, mode, ref flags);

    /// <summary>Rounds to an unsigned 32-bit integer, saturating; NaN gives the largest.</summary>
    public static uint ToUInt32(uint a, RoundingMode mode, ref FloatFlags flags) =>
        (uint)Conversion.ToInteger<Binary32>(a, uint.MaxValue, 0, mode, ref flags);

    /// <summary>Rounds to a signed 64-bit integer, saturating; NaN gives the largest.</summary>
    public static long ToInt64(uint a, RoundingMode mode, ref FloatFlags flags)
    {
        // The conversion of a C cast. The bounds exclude NaN.
        var x = BitConverter.UInt32BitsToSingle(a);
        if (mode == RoundingMode.TowardZero && x is > -9223372036854775808.0f and < 9223372036854775808.0f)
        {
            var integer = (long)x;
            flags |= integer != x ? FloatFlags.Inexact : FloatFlags.None;
            return integer;
        }

        return (long)Conversion.ToInteger<Binary32>(a, long.MaxValue, 1UL << 63, mode, ref flags);
    }

    /// <summary>Rounds to an unsigned 64-bit integer, saturating; NaN gives the largest.</summary>
    public static ulong ToUInt64(uint a, RoundingMode mode, ref FloatFlags flags) =>
        Conversion.ToInteger<Binary32>(a, ulong.MaxValue, 0, mode, ref flags);

    /// <summary>A signed 32-bit integer, rounded.</summary>
    public static uint FromInt32(int value, RoundingMode mode, ref FloatFlags flags) => FromInt64(value, mode, ref flags);

    /// <summary>An unsigned 32-bit integer, rounded.</summary>
    public static uint FromUInt32(uint value, RoundingMode mode, ref FloatFlags flags) => FromInt64(value, mode, ref flags);

    /// <summary>A signed 64-bit integer, rounded.</summary>
    public static uint FromInt64(long value, RoundingMode mode, ref FloatFlags flags) =>
        value is >= -(1L << 24) and <= 1L << 24
            ? BitConverter.SingleToUInt32Bits((int)value)
            : (uint)Conversion.FromSigned<Binary32>(value, mode, ref flags);

    /// <summary>An unsigned 64-bit integer, rounded.</summary>
    public static uint FromUInt64(ulong value, RoundingMode mode, ref FloatFlags flags) =>
        (uint)Conversion.FromInteger<Binary32>(false, value, mode, ref flags);

    /// <summary>A double-precision value (its raw bits), rounded.</summary>
    public static uint FromFloat64(ulong a, RoundingMode mode, ref FloatFlags flags) =>
        (uint)Conversion.Convert<Binary64, Binary32>(a, mode, ref flags);

    /// <summary>The smaller value; minus zero is below plus zero; a NaN gives way to a number.</summary>
    public static uint Min(uint a, uint b, ref FloatFlags flags) => (uint)Comparison.Min<Binary32>(a, b, ref flags);

    /// <summary>The larger value; minus zero is below plus zero; a NaN gives way to a number.</summary>
    public static uint Max(uint a, uint b, ref FloatFlags flags) => (uint)Comparison.Max<Binary32>(a, b, ref flags);

    /// <summary>Whether the values are equal; only a signaling NaN is invalid.</summary>
    public static bool Equal(uint a, uint b, ref FloatFlags flags) => Comparison.Equal<Binary32>(a, b, ref flags);

    /// <summary>Whether the first value is below the second; any NaN is invalid.</summary>
    public static bool LessThan(uint a, uint b, ref FloatFlags flags) => Comparison.LessThan<Binary32>(a, b, ref flags);

    /// <summary>Whether the first value is not above the second; any NaN is invalid.</summary>
    public static bool LessOrEqual(uint a, uint b, ref FloatFlags flags) => Comparison.LessOrEqual<Binary32>(a, b, ref flags);

    /// <summary>The class, as one of the ten bits of <c>fclass</c>.</summary>
    public static uint Classify(uint a) => Comparison.Classify<Binary32>(a);
}
