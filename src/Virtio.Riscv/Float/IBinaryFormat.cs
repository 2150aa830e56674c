namespace Virtio.Riscv.Float;

/// <summary>
/// One of the IEEE 754 binary interchange formats. Implemented by empty structs, so that generic code is compiled once per format with its
/// sizes as constants.
/// </summary>
internal interface IBinaryFormat
{
    /// <summary>Bits of the significand that are stored (the leading one is not).</summary>
    static abstract int FractionBits { get; }

    /// <summary>Bits of the biased exponent.</summary>
    static abstract int ExponentBits { get; }
}
