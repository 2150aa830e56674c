namespace Virtio.Riscv.Float;

internal static partial class Float32
{
    /// <summary>Rounds to a signed 32-bit integer, saturating; NaN gives the largest.</summary>
    public static int ToInt32(uint a, RoundingMode mode, ref FloatFlags flags)
    {
        var x = BitConverter.UInt32BitsToSingle(a);
        if (mode == RoundingMode.TowardZero && x is > -2147483648.0f and < 2147483648.0f)
        {
            return (int)Truncate(x, ref flags);
        }

        return (int)Conversion.ToInteger<Binary32>(a, int.MaxValue, 1UL << 31, mode, ref flags);
    }

    /// <summary>Rounds to an unsigned 32-bit integer, saturating; NaN gives the largest.</summary>
    public static uint ToUInt32(uint a, RoundingMode mode, ref FloatFlags flags)
    {
        var x = BitConverter.UInt32BitsToSingle(a);
        if (mode == RoundingMode.TowardZero && x is > -1.0f and < 4294967296.0f)
        {
            return (uint)Truncate(x, ref flags);
        }

        return (uint)Conversion.ToInteger<Binary32>(a, uint.MaxValue, 0, mode, ref flags);
    }

    /// <summary>Rounds to a signed 64-bit integer, saturating; NaN gives the largest.</summary>
    public static long ToInt64(uint a, RoundingMode mode, ref FloatFlags flags)
    {
        var x = BitConverter.UInt32BitsToSingle(a);
        if (mode == RoundingMode.TowardZero && x is > -9223372036854775808.0f and < 9223372036854775808.0f)
        {
            return Truncate(x, ref flags);
        }

        return (long)Conversion.ToInteger<Binary32>(a, long.MaxValue, 1UL << 63, mode, ref flags);
    }

    /// <summary>Rounds to an unsigned 64-bit integer, saturating; NaN gives the largest.</summary>
    public static ulong ToUInt64(uint a, RoundingMode mode, ref FloatFlags flags)
    {
        var x = BitConverter.UInt32BitsToSingle(a);
        if (mode == RoundingMode.TowardZero && x is > -1.0f and < 9223372036854775808.0f)
        {
            return (ulong)Truncate(x, ref flags);
        }

        return Conversion.ToInteger<Binary32>(a, ulong.MaxValue, 0, mode, ref flags);
    }

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
    public static uint FromFloat64(ulong a, RoundingMode mode, ref FloatFlags flags)
    {
        var x = BitConverter.UInt64BitsToDouble(a);
        var rounded = (float)x;
        var bits = BitConverter.SingleToUInt32Bits(rounded);
        if (mode == RoundingMode.NearestEven && (IsModerate(bits) || x == 0))
        {
            flags |= rounded != x ? FloatFlags.Inexact : FloatFlags.None;
            return bits;
        }

        return (uint)Conversion.Convert<Binary64, Binary32>(a, mode, ref flags);
    }

    /// <summary>The conversion of a C cast, for values whose integer part fits.</summary>
    private static long Truncate(float x, ref FloatFlags flags)
    {
        var integer = (long)x;
        flags |= integer != x ? FloatFlags.Inexact : FloatFlags.None;
        return integer;
    }
}
