using System.Numerics;

namespace Virtio.Riscv.Float;

/// <summary>A decoded value: <c>significand × 2^(exponent − 63)</c>, the significand's top bit set, for subnormal values too.</summary>
/// <param name="Kind">Only <see cref="OperandKind.Finite"/> has an exponent and a significand.</param>
/// <param name="IsNegative">The sign.</param>
/// <param name="Exponent">The true exponent: the value lies in [2^exponent, 2^(exponent + 1)).</param>
/// <param name="Significand">In [2^63, 2^64); at least the lowest 11 bits are zero.</param>
internal readonly record struct Operand(OperandKind Kind, bool IsNegative, int Exponent, ulong Significand)
{
    /// <summary>Whether the operand is a NaN of either kind.</summary>
    public bool IsNaN => Kind >= OperandKind.QuietNaN;

    /// <summary>Decodes a value of the format.</summary>
    public static Operand Decode<TFormat>(ulong value)
        where TFormat : struct, IBinaryFormat
    {
        var negative = (value & Layout<TFormat>.SignBit) != 0;
        var fraction = value & Layout<TFormat>.FractionMask;
        var biased = (int)(value >> TFormat.FractionBits) & Layout<TFormat>.SpecialExponent;
        if (biased == Layout<TFormat>.SpecialExponent)
        {
            var kind = fraction == 0 ? OperandKind.Infinity
                : (fraction & Layout<TFormat>.QuietBit) != 0 ? OperandKind.QuietNaN : OperandKind.SignalingNaN;
            return new Operand(kind, negative, 0, 0);
        }

        var significand = fraction << (63 - TFormat.FractionBits);
        if (biased != 0)
        {
            return new Operand(OperandKind.Finite, negative, biased - Layout<TFormat>.Bias, significand | (1UL << 63));
        }

        if (fraction == 0)
        {
            return new Operand(OperandKind.Zero, negative, 0, 0);
        }

        var leadingZeros = BitOperations.LeadingZeroCount(significand);
        return new Operand(OperandKind.Finite, negative, Layout<TFormat>.MinExponent - leadingZeros, significand << leadingZeros);
    }

    /// <summary>The operation's result when at least one operand is a NaN.</summary>
    public static ulong NaNResult<TFormat>(in Operand a, in Operand b, ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        if (a.Kind == OperandKind.SignalingNaN || b.Kind == OperandKind.SignalingNaN)
        {
            flags |= FloatFlags.Invalid;
        }

        return Layout<TFormat>.CanonicalNaN;
    }

    /// <summary>The result of an operation that is not defined for its operands.</summary>
    public static ulong InvalidResult<TFormat>(ref FloatFlags flags)
        where TFormat : struct, IBinaryFormat
    {
        flags |= FloatFlags.Invalid;
        return Layout<TFormat>.CanonicalNaN;
    }
}
