namespace Virtio.Riscv.Float;

/// <summary>The kinds of operands that arithmetic distinguishes.</summary>
internal enum OperandKind
{
    /// <summary>Positive or negative zero.</summary>
    Zero,

    /// <summary>Any other finite value, subnormal ones included.</summary>
    Finite,

    /// <summary>Positive or negative infinity.</summary>
    Infinity,

    /// <summary>A NaN that operations propagate without an exception.</summary>
    QuietNaN,

    /// <summary>A NaN that raises the invalid exception when an operation uses it.</summary>
    SignalingNaN,
}
