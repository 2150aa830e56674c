namespace Virtio.Riscv.Float;

/// <summary>What arithmetic has to tell apart before it looks at digits.</summary>
internal enum OperandKind
{
    /// <summary>Positive or negative zero.</summary>
    Zero,

    /// <summary>Any other finite value, subnormal ones included.</summary>
    Finite,

    /// <summary>Positive or negative infinity.</summary>
    Infinity,

    /// <summary>A NaN that is passed on in silence.</summary>
    QuietNaN,

    /// <summary>A NaN that raises the invalid exception where it is used.</summary>
    SignalingNaN,
}
