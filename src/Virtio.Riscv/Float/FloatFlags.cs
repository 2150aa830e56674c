namespace Virtio.Riscv.Float;

/// <summary>The accrued exceptions; the bits are those of the <c>fflags</c> register.</summary>
[Flags]
internal enum FloatFlags : uint
{
    /// <summary>No exception.</summary>
    None = 0,

    /// <summary>The result was rounded (NX).</summary>
    Inexact = 1,

    /// <summary>The result is tiny and was rounded (UF).</summary>
    Underflow = 2,

    /// <summary>The rounded result is beyond the largest finite value (OF).</summary>
    Overflow = 4,

    /// <summary>A finite value was divided by zero (DZ).</summary>
    DivideByZero = 8,

    /// <summary>The operation has no defined result, or an operand is a signaling NaN (NV).</summary>
    Invalid = 16,
}
