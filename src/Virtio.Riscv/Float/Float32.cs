namespace Virtio.Riscv.Float;

/// <summary>
/// Single precision as the F extension defines it: raw bits in and out; results and exceptions do not depend on the host.
/// Nothing throws or allocates.
/// </summary>
/// <remarks>
/// As in <see cref="Float64"/>, the host computes results that every host computes alike. Double precision holds any product of two values
/// exactly, and so shows whether the result is exact.
/// </remarks>
internal static partial class Float32
{
    /// <summary>The only NaN that instructions produce.</summary>
    public const uint CanonicalNaN = 0x7FC0_0000;

    private const uint MagnitudeMask = 0x7FFF_FFFF;

    /// <summary>Twice the smallest normal value: a result from here on is not tiny, however it was rounded.</summary>
    private const uint Low = 2U << 23;

    /// <summary>2^127: below it neither a result nor an intermediate of a residual overflows.</summary>
    private const uint High = (127U + 127) << 23;

    /// <summary>Adds.</summary>
    public static uint Add(uint a, uint b, RoundingMode mode, ref FloatFlags flags)
    {
        var (x, y) = (BitConverter.UInt32BitsToSingle(a), BitConverter.UInt32BitsToSingle(b));
        var sum = x + y;
        var bits = BitConverter.SingleToUInt32Bits(sum);

        // A sum in the subnormal range is always exact, so there is no lower limit.
        if (mode == RoundingMode.NearestEven && (bits & MagnitudeMask) < High)
        {
            if ((flags & FloatFlags.Inexact) == 0 && HostResidual.OfSum(x, y, sum) != 0)
            {
                flags |= FloatFlags.Inexact;
            }

            return bits;
        }

        return (uint)Addition.Add<Binary32>(a, b, mode, ref flags);
    }

    /// <summary>Subtracts the second value from the first.</summary>
    public static uint Sub(uint a, uint b, RoundingMode mode, ref FloatFlags flags) =>
        Add(a, b ^ ~MagnitudeMask, mode, ref flags);

    /// <summary>Multiplies.</summary>
    public static uint Mul(uint a, uint b, RoundingMode mode, ref FloatFlags flags)
    {
        if (mode == RoundingMode.NearestEven)
        {
            var (x, y) = (BitConverter.UInt32BitsToSingle(a), BitConverter.UInt32BitsToSingle(b));
            var exact = (double)x * y;
            var product = (float)exact;
            var bits = BitConverter.SingleToUInt32Bits(product);
            if (IsModerate(bits) || exact == 0)
            {
                flags |= product != exact ? FloatFlags.Inexact : FloatFlags.None;
                return bits;
            }
        }

        return (uint)Multiplication.Multiply<Binary32>(a, b, mode, ref flags);
    }

    /// <summary>Divides the first value by the second.</summary>
    public static uint Div(uint a, uint b, RoundingMode mode, ref FloatFlags flags)
    {
        if (mode == RoundingMode.NearestEven)
        {
            var (x, y) = (BitConverter.UInt32BitsToSingle(a), BitConverter.UInt32BitsToSingle(b));
            var quotient = x / y;
            var bits = BitConverter.SingleToUInt32Bits(quotient);
            if (IsModerate(bits))
            {
                flags |= (double)quotient * y != x ? FloatFlags.Inexact : FloatFlags.None;
                return bits;
            }
        }

        return (uint)Division.Divide<Binary32>(a, b, mode, ref flags);
    }

    /// <summary>The square root.</summary>
    public static uint Sqrt(uint a, RoundingMode mode, ref FloatFlags flags)
    {
        // The sign bit is not masked off here, so that a negative value is out of range.
        if (mode == RoundingMode.NearestEven && a - Low < High - Low)
        {
            var x = BitConverter.UInt32BitsToSingle(a);
            var root = MathF.Sqrt(x);
            flags |= (double)root * root != x ? FloatFlags.Inexact : FloatFlags.None;
            return BitConverter.SingleToUInt32Bits(root);
        }

        return (uint)SquareRoot.Sqrt<Binary32>(a, mode, ref flags);
    }

    /// <summary>The product of the first two values plus the third, rounded once; callers negate operands for the negated forms.</summary>
    public static uint FusedMultiplyAdd(uint a, uint b, uint c, RoundingMode mode, ref FloatFlags flags)
    {
        if (mode == RoundingMode.NearestEven && HostResidual.IsFast)
        {
            var (x, y, z) = (BitConverter.UInt32BitsToSingle(a), BitConverter.UInt32BitsToSingle(b), BitConverter.UInt32BitsToSingle(c));
            var result = MathF.FusedMultiplyAdd(x, y, z);
            var bits = BitConverter.SingleToUInt32Bits(result);
            if (IsModerate(bits))
            {
                // The product is exact in double precision. A sum that is inexact in double precision is inexact in single precision too.
                var product = (double)x * y;
                var sum = product + z;
                if (result != sum || HostResidual.OfSum(product, z, sum) != 0)
                {
                    flags |= FloatFlags.Inexact;
                }

                return bits;
            }
        }

        return (uint)FusedMultiplication.MultiplyAdd<Binary32>(a, b, c, mode, ref flags);
    }

    /// <summary>Whether the magnitude lies in [2^-125, 2^127).</summary>
    private static bool IsModerate(uint bits) => (bits & MagnitudeMask) - Low < High - Low;
}
