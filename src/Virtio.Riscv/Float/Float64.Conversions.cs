namespace Virtio.Riscv.Float;

internal static partial class Float64
{
    /// <summary>Rounds to a signed 32-bit integer, saturating; NaN gives the largest.</summary>
    public static int ToInt32(ulong a, RoundingMode mode, ref FloatFlags flags)
    {
        var x = BitConverter.UInt64BitsToDouble(a);
        if (mode == RoundingMode.TowardZero && x is > -2147483648.0 and < 2147483648.0)
        {
            return (int)Truncate(x, ref flags);
        }

        return (int)Conversion.ToInteger<Binary64>(a, int.MaxValue, 1UL << 31, mode, ref flags);
    }

    /// <summary>Rounds to an unsigned 32-bit integer, saturating; NaN gives the largest.</summary>
    public static uint ToUInt32(ulong a, RoundingMode mode, ref FloatFlags flags)
    {
        var x = BitConverter.UInt64BitsToDouble(a);
        if (mode == RoundingMode.TowardZero && x is > -1.0 and < 4294967296.0)
        {
            return (uint)Truncate(x, ref flags);
        }

        return (uint)Conversion.ToInteger<Binary64>(a, uint.MaxValue, 0, mode, ref flags);
    }

    /// <summary>Rounds to a signed 64-bit integer, saturating; NaN gives the largest.</summary>
    public static long ToInt64(ulong a, RoundingMode mode, ref FloatFlags flags)
    {
        var x = BitConverter.UInt64BitsToDouble(a);
        if (mode == RoundingMode.TowardZero && x is > -9223372036854775808.0 and < 9223372036854775808.0)
        {
            return Truncate(x, ref flags);
        }

        return (long)Conversion.ToInteger<Binary64>(a, long.MaxValue, 1UL << 63, mode, ref flags);
    }

    /// <summary>Rounds to an unsigned 64-bit integer, saturating; NaN gives the largest.</summary>
    public static ulong ToUInt64(ulong a, RoundingMode mode, ref FloatFlags flags)
    {
        var x = BitConverter.UInt64BitsToDouble(a);
        if (mode == RoundingMode.TowardZero && x is > -1.0 and < 9223372036854775808.0)
        {
            return (ulong)Truncate(x, ref flags);
        }

        return Conversion.ToInteger<Binary64>(a, ulong.MaxValue, 0, mode, ref flags);
    }

    /// <summary>A signed 32-bit integer as a value; always exact, the mode has no effect.</summary>
    public static ulong FromInt32(int value, RoundingMode mode, ref FloatFlags flags) => BitConverter.DoubleToUInt64Bits(value);

    /// <summary>An unsigned 32-bit integer as a value; always exact, the mode has no effect.</summary>
    public static ulong FromUInt32(uint value, RoundingMode mode, ref FloatFlags flags) => BitConverter.DoubleToUInt64Bits(value);

    /// <summary>A signed 64-bit integer, rounded.</summary>
    public static ulong FromInt64(long value, RoundingMode mode, ref FloatFlags flags) =>
        value is >= -(1L << 53) and <= 1L << 53
            ? BitConverter.DoubleToUInt64Bits(value)
            : Conversion.FromSigned<Binary64>(value, mode, ref flags);

    /// <summary>An unsigned 64-bit integer, rounded.</summary>
    public static ulong FromUInt64(ulong value, RoundingMode mode, ref FloatFlags flags) =>
        value <= 1UL << 53
            ? BitConverter.DoubleToUInt64Bits((long)value)
            : Conversion.FromInteger<Binary64>(false, value, mode, ref flags);

    /// <summary>A single-precision value (its raw bits); always exact.</summary>
    public static ulong FromFloat32(uint a, ref FloatFlags flags) => Layout<Binary32>.IsNaN(a)
        ? Conversion.Convert<Binary32, Binary64>(a, RoundingMode.NearestEven, ref flags)
        : BitConverter.DoubleToUInt64Bits(BitConverter.UInt32BitsToSingle(a));

    /// <summary>The conversion of a C cast, for values whose integer part fits.</summary>
    private static long Truncate(double x, ref FloatFlags flags)
    {
        var integer = (long)x;
        flags |= integer != x ? FloatFlags.Inexact : FloatFlags.None;
        return integer;
    }
}
