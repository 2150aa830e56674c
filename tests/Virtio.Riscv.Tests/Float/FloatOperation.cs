using Virtio.Riscv.Float;

namespace Virtio.Riscv.Tests.Float;

/// <summary>What the operands and the result of an instruction are held in.</summary>
internal enum FloatRegister
{
    Single,
    Double,
    Integer,
}

internal delegate ulong FloatFunction(ulong a, ulong b, ulong c, RoundingMode mode, ref FloatFlags flags);

internal delegate (ulong Bits, FloatFlags Flags) FloatReference(ulong a, ulong b, ulong c, RoundingMode mode);

/// <summary>An instruction: what is tested, and what it is tested against. 32-bit results are in the low half, the upper half zero.</summary>
internal sealed record FloatOperation(
    string Mnemonic, int Operands, FloatRegister Source, FloatRegister Result, bool Rounds, FloatFunction Run, FloatReference Expect)
{
    /// <summary>Whether only the low half of the result counts.</summary>
    public bool IsNarrow => Result == FloatRegister.Single || Mnemonic.Contains(".w", StringComparison.Ordinal) && Result == FloatRegister.Integer;

    public override string ToString() => Mnemonic;
}
