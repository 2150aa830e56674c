namespace Virtio.Riscv.Float;

/// <summary>
/// Double precision as the D extension defines it: raw bits in and out; results and exceptions do not depend on the host.
/// Nothing throws or allocates.
/// </summary>
/// <remarks>
/// The host computes a result if it cannot be special, tiny or huge and the rounding mode is the host's: IEEE 754 then defines the result.
/// Only whether it is exact remains to be found out, and not even that once the inexact flag has accrued. The residual that shows it is
/// itself exact in the permitted ranges. Integer arithmetic computes everything else.
/// </remarks>
internal static partial class Float64
{
    /// <summary>The only NaN that instructions produce.</summary>
    public const ulong CanonicalNaN = 0x7FF8_0000_0000_0000;

    private const ulong MagnitudeMask = 0x7FFF_FFFF_FFFF_FFFF;

    /// <summary>2^-900: above it the residual of a product (106 bits) is far from the subnormal range.</summary>
    private const ulong Low = (1023UL - 900) << 52;

    /// <summary>2^1023: below it no intermediate of a residual overflows.</summary>
    private const ulong High = (1023UL + 1023) << 52;

    /// <summary>Adds.</summary>
    public static ulong Add(ulong a, ulong b, RoundingMode mode, ref FloatFlags flags)
    {
        var (x, y) = (BitConverter.UInt64BitsToDouble(a), BitConverter.UInt64BitsToDouble(b));
        var sum = x + y;
        var bits = BitConverter.DoubleToUInt64Bits(sum);

        // A sum in the subnormal range is always exact, so there is no lower limit.
        if (mode == RoundingMode.NearestEven && (bits & MagnitudeMask) < High)
        {
            if ((flags & FloatFlags.Inexact) == 0 && HostResidual.OfSum(x, y, sum) != 0)
            {
                flags |= FloatFlags.Inexact;
            }

            return bits;
        }

        return Addition.Add<Binary64>(a, b, mode, ref flags);
    }

    /// <summary>Subtracts the second value from the first.</summary>
    public static ulong Sub(ulong a, ulong b, RoundingMode mode, ref FloatFlags flags) =>
        Add(a, b ^ ~MagnitudeMask, mode, ref flags);

    /// <summary>Multiplies.</summary>
    public static ulong Mul(ulong a, ulong b, RoundingMode mode, ref FloatFlags flags)
    {
        if (mode == RoundingMode.NearestEven)
        {
            var (x, y) = (BitConverter.UInt64BitsToDouble(a), BitConverter.UInt64BitsToDouble(b));
            var product = x * y;
            var bits = BitConverter.DoubleToUInt64Bits(product);
            if (IsModerate(bits))
            {
                if ((flags & FloatFlags.Inexact) != 0)
                {
                    return bits;
                }

                if (HostResidual.IsFast)
                {
                    flags |= Math.FusedMultiplyAdd(x, y, -product) != 0 ? FloatFlags.Inexact : FloatFlags.None;
                    return bits;
                }
            }
            else if (product == 0 && (x == 0 || y == 0))
            {
                return bits;
            }
        }

        return Multiplication.Multiply<Binary64>(a, b, mode, ref flags);
    }

    /// <summary>Divides the first value by the second.</summary>
    public static ulong Div(ulong a, ulong b, RoundingMode mode, ref FloatFlags flags)
    {
        if (mode == RoundingMode.NearestEven && IsModerate(a))
        {
            var (x, y) = (BitConverter.UInt64BitsToDouble(a), BitConverter.UInt64BitsToDouble(b));
            var quotient = x / y;
            var bits = BitConverter.DoubleToUInt64Bits(quotient);
            if (IsModerate(bits))
            {
                if ((flags & FloatFlags.Inexact) != 0)
                {
                    return bits;
                }

                if (HostResidual.IsFast)
                {
                    flags |= Math.FusedMultiplyAdd(-quotient, y, x) != 0 ? FloatFlags.Inexact : FloatFlags.None;
                    return bits;
                }
            }
        }

        return Division.Divide<Binary64>(a, b, mode, ref flags);
    }

    /// <summary>The square root.</summary>
    public static ulong Sqrt(ulong a, RoundingMode mode, ref FloatFlags flags)
    {
        // The sign bit is not masked off here, so that a negative value is out of range.
        if (mode == RoundingMode.NearestEven && a - Low < High - Low)
        {
            var x = BitConverter.UInt64BitsToDouble(a);
            var root = Math.Sqrt(x);
            if ((flags & FloatFlags.Inexact) != 0)
            {
                return BitConverter.DoubleToUInt64Bits(root);
            }

            if (HostResidual.IsFast)
            {
                flags |= Math.FusedMultiplyAdd(-root, root, x) != 0 ? FloatFlags.Inexact : FloatFlags.None;
                return BitConverter.DoubleToUInt64Bits(root);
            }
        }

        return SquareRoot.Sqrt<Binary64>(a, mode, ref flags);
    }

    /// <summary>The product of the first two values plus the third, rounded once; callers negate operands for the negated forms.</summary>
    public static ulong FusedMultiplyAdd(ulong a, ulong b, ulong c, RoundingMode mode, ref FloatFlags flags)
    {
        if (mode == RoundingMode.NearestEven && HostResidual.IsFast)
        {
            var (x, y, z) = (BitConverter.UInt64BitsToDouble(a), BitConverter.UInt64BitsToDouble(b), BitConverter.UInt64BitsToDouble(c));
            var product = x * y;
            var result = Math.FusedMultiplyAdd(x, y, z);
            var bits = BitConverter.DoubleToUInt64Bits(result);
            if (IsModerate(BitConverter.DoubleToUInt64Bits(product)) && (bits & MagnitudeMask) < High)
            {
                if ((flags & FloatFlags.Inexact) == 0 && HostResidual.OfFused(x, y, z, product, result) != 0)
                {
                    flags |= FloatFlags.Inexact;
                }

                return bits;
            }
        }

        return FusedMultiplication.MultiplyAdd<Binary64>(a, b, c, mode, ref flags);
    }

    /// <summary>Whether the magnitude lies in [2^-900, 2^1023).</summary>
    private static bool IsModerate(ulong bits) => (bits & MagnitudeMask) - Low < High - Low;
}
