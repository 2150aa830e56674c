namespace Virtio.Riscv.Float;

/// <summary>The bit patterns of a format, right-aligned in 64 bits.</summary>
/// <typeparam name="TFormat">The format.</typeparam>
internal static class Layout<TFormat>
    where TFormat : struct, IBinaryFormat
{
    /// <summary>The biased exponent of infinities and NaNs.</summary>
    public static int SpecialExponent => (1 << TFormat.ExponentBits) - 1;

    /// <summary>The difference between the stored and the true exponent.</summary>
    public static int Bias => SpecialExponent >> 1;

    /// <summary>The true exponent of the smallest normal value.</summary>
    public static int MinExponent => 1 - Bias;

    /// <summary>The sign.</summary>
    public static ulong SignBit => 1UL << (TFormat.FractionBits + TFormat.ExponentBits);

    /// <summary>Everything but the sign.</summary>
    public static ulong MagnitudeMask => SignBit - 1;

    /// <summary>The stored significand.</summary>
    public static ulong FractionMask => (1UL << TFormat.FractionBits) - 1;

    /// <summary>Positive infinity; every larger magnitude is a NaN.</summary>
    public static ulong PositiveInfinity => (ulong)SpecialExponent << TFormat.FractionBits;

    /// <summary>Set in a quiet NaN, clear in a signaling one.</summary>
    public static ulong QuietBit => 1UL << (TFormat.FractionBits - 1);

    /// <summary>The only NaN that RISC-V instructions produce: positive, quiet, no payload.</summary>
    public static ulong CanonicalNaN => PositiveInfinity | QuietBit;

    /// <summary>A zero of the given sign.</summary>
    public static ulong Zero(bool negative) => negative ? SignBit : 0;

    /// <summary>An infinity of the given sign.</summary>
    public static ulong Infinity(bool negative) => Zero(negative) | PositiveInfinity;

    /// <summary>Whether the value is a NaN of either kind.</summary>
    public static bool IsNaN(ulong value) => (value & MagnitudeMask) > PositiveInfinity;

    /// <summary>Whether the value is a signaling NaN.</summary>
    public static bool IsSignalingNaN(ulong value) => IsNaN(value) && (value & QuietBit) == 0;
}
