namespace Virtio.Riscv.Float;

/// <summary>
/// How an inexact result is rounded; the numbers are the encodings of the <c>frm</c> field and of an instruction's <c>rm</c> field.
/// </summary>
internal enum RoundingMode
{
    /// <summary>To the nearest value, ties to the one with an even significand (RNE).</summary>
    NearestEven = 0,

    /// <summary>Towards zero (RTZ).</summary>
    TowardZero = 1,

    /// <summary>Towards negative infinity (RDN).</summary>
    Down = 2,

    /// <summary>Towards positive infinity (RUP).</summary>
    Up = 3,

    /// <summary>To the nearest value, ties away from zero (RMM).</summary>
    NearestMaxMagnitude = 4,
}
