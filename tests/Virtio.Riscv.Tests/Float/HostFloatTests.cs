using Virtio.Riscv.Float;

namespace Virtio.Riscv.Tests.Float;

/// <summary>In the host's rounding mode, also compares the results with the host's own arithmetic, which reports no exceptions.</summary>
public sealed class HostFloatTests
{
    private const int Cases = 100_000;

    [Theory]
    [InlineData("fadd.d")]
    [InlineData("fsub.d")]
    [InlineData("fmul.d")]
    [InlineData("fdiv.d")]
    [InlineData("fsqrt.d")]
    [InlineData("fmadd.d")]
    [InlineData("fcvt.s.d")]
    [InlineData("fadd.s")]
    [InlineData("fsub.s")]
    [InlineData("fmul.s")]
    [InlineData("fdiv.s")]
    [InlineData("fsqrt.s")]
    [InlineData("fmadd.s")]
    [InlineData("fcvt.d.s")]
    [InlineData("fcvt.d.l")]
    [InlineData("fcvt.s.l")]
    public void Rounding_to_nearest_gives_what_the_host_gives(string mnemonic)
    {
        var operation = FloatOperations.Of(mnemonic);
        foreach (var (a, b, c) in FloatOperands.Corners(operation).Concat(FloatOperands.Random(operation, seed: 754, Cases)))
        {
            var flags = FloatFlags.None;
            var result = operation.Run(a, b, c, RoundingMode.NearestEven, ref flags);
            var expected = operation.Source switch
            {
                FloatRegister.Single => OnHost(mnemonic, Single(a), Single(b), Single(c)),
                FloatRegister.Double => OnHost(mnemonic, Double(a), Double(b), Double(c)),
                _ => mnemonic == "fcvt.d.l" ? Bits((double)(long)a) : Bits((float)(long)a),
            };
            if (result != expected)
            {
                Assert.Fail($"{operation} {a:x} {b:x} {c:x}: {result:x}, the host has {expected:x}");
            }
        }
    }

    private static ulong OnHost(string mnemonic, double a, double b, double c) => mnemonic switch
    {
        "fadd.d" => Bits(a + b),
        "fsub.d" => Bits(a - b),
        "fmul.d" => Bits(a * b),
        "fdiv.d" => Bits(a / b),
        "fsqrt.d" => Bits(Math.Sqrt(a)),
        "fmadd.d" => Bits(Math.FusedMultiplyAdd(a, b, c)),
        _ => Bits((float)a),
    };

    private static ulong OnHost(string mnemonic, float a, float b, float c) => mnemonic switch
    {
        "fadd.s" => Bits(a + b),
        "fsub.s" => Bits(a - b),
        "fmul.s" => Bits(a * b),
        "fdiv.s" => Bits(a / b),
        "fsqrt.s" => Bits(MathF.Sqrt(a)),
        "fmadd.s" => Bits(MathF.FusedMultiplyAdd(a, b, c)),
        _ => Bits((double)a),
    };

    private static double Double(ulong bits) => BitConverter.UInt64BitsToDouble(bits);

    private static float Single(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    private static ulong Bits(double value) => double.IsNaN(value) ? Float64.CanonicalNaN : BitConverter.DoubleToUInt64Bits(value);

    private static ulong Bits(float value) => float.IsNaN(value) ? Float32.CanonicalNaN : BitConverter.SingleToUInt32Bits(value);
}
