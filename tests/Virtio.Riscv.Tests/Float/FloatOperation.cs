using Virtio.Riscv.Float;

namespace Virtio.Riscv.Tests.Float;

/// <summary>The type of register that holds an operand or a result.</summary>
internal enum FloatRegister
{
    Single,
    Double,
    Integer,
}

internal delegate ulong FloatFunction(ulong a, ulong b, ulong c, RoundingMode mode, ref FloatFlags flags);

internal delegate (ulong Bits, FloatFlags Flags) FloatReference(ulong a, ulong b, ulong c, RoundingMode mode);

/// <summary>An instruction under test with its reference. 32-bit results are in the low half; the upper half is zero.</summary>
internal sealed record FloatOperation(
    string Mnemonic, int Operands, FloatRegister Source, FloatRegister Result, bool Rounds, FloatFunction Run, FloatReference Expect)
{
    /// <summary>Whether only the low half of the result counts.</summary>
    public bool IsNarrow =>
        Result == FloatRegister.Single || Mnemonic.Contains(".w", StringComparison.Ordinal) && Result == FloatRegister.Integer;

    public override string ToString() => Mnemonic;
}
