using System.Numerics;
using Virtio.Riscv.Float;

namespace Virtio.Riscv.Tests.Float;

/// <summary>Every instruction of the F and D extensions that computes.</summary>
internal static class FloatOperations
{
    private const FloatRegister Single = FloatRegister.Single;

    private const FloatRegister Double = FloatRegister.Double;

    private const FloatRegister Integer = FloatRegister.Integer;

    public static readonly IReadOnlyList<FloatOperation> All =
    [
        .. Arithmetic(), .. DoubleArithmetic(), .. Comparisons(), .. DoubleComparisons(),
        .. Conversions(), .. DoubleConversions(), .. FormatConversions(),
    ];

    public static FloatOperation Of(string mnemonic) => All.First(operation => operation.Mnemonic == mnemonic);

    private static IEnumerable<FloatOperation> Arithmetic()
    {
        var f = ReferenceFormat.Single;
        yield return new("fadd.s", 2, Single, Single, true,
            (a, b, _, m, ref x) => Float32.Add((uint)a, (uint)b, m, ref x),
            (a, b, _, m) => Reference.Add(f, a, b, m));
        yield return new("fsub.s", 2, Single, Single, true,
            (a, b, _, m, ref x) => Float32.Sub((uint)a, (uint)b, m, ref x),
            (a, b, _, m) => Reference.Subtract(f, a, b, m));
        yield return new("fmul.s", 2, Single, Single, true,
            (a, b, _, m, ref x) => Float32.Mul((uint)a, (uint)b, m, ref x),
            (a, b, _, m) => Reference.Multiply(f, a, b, m));
        yield return new("fdiv.s", 2, Single, Single, true,
            (a, b, _, m, ref x) => Float32.Div((uint)a, (uint)b, m, ref x),
            (a, b, _, m) => Reference.Divide(f, a, b, m));
        yield return new("fsqrt.s", 1, Single, Single, true,
            (a, _, _, m, ref x) => Float32.Sqrt((uint)a, m, ref x),
            (a, _, _, m) => Reference.SquareRoot(f, a, m));
        yield return new("fmadd.s", 3, Single, Single, true,
            (a, b, c, m, ref x) => Float32.FusedMultiplyAdd((uint)a, (uint)b, (uint)c, m, ref x),
            (a, b, c, m) => Reference.MultiplyAdd(f, a, b, c, m));
    }

    private static IEnumerable<FloatOperation> Comparisons()
    {
        var f = ReferenceFormat.Single;
        yield return new("fmin.s", 2, Single, Single, false,
            (a, b, _, _, ref x) => Float32.Min((uint)a, (uint)b, ref x),
            (a, b, _, _) => Reference.MinMax(f, a, b, false));
        yield return new("fmax.s", 2, Single, Single, false,
            (a, b, _, _, ref x) => Float32.Max((uint)a, (uint)b, ref x),
            (a, b, _, _) => Reference.MinMax(f, a, b, true));
        yield return new("feq.s", 2, Single, Integer, false,
            (a, b, _, _, ref x) => Bit(Float32.Equal((uint)a, (uint)b, ref x)),
            (a, b, _, _) => Reference.Relation(f, a, b, true, order => order == 0));
        yield return new("flt.s", 2, Single, Integer, false,
            (a, b, _, _, ref x) => Bit(Float32.LessThan((uint)a, (uint)b, ref x)),
            (a, b, _, _) => Reference.Relation(f, a, b, false, order => order < 0));
        yield return new("fle.s", 2, Single, Integer, false,
            (a, b, _, _, ref x) => Bit(Float32.LessOrEqual((uint)a, (uint)b, ref x)),
            (a, b, _, _) => Reference.Relation(f, a, b, false, order => order <= 0));
        yield return new("fclass.s", 1, Single, Integer, false,
            (a, _, _, _, ref _) => Float32.Classify((uint)a),
            (a, _, _, _) => Reference.Classify(f, a));
    }

    private static IEnumerable<FloatOperation> DoubleArithmetic()
    {
        var f = ReferenceFormat.Double;
        yield return new("fadd.d", 2, Double, Double, true,
            (a, b, _, m, ref x) => Float64.Add(a, b, m, ref x),
            (a, b, _, m) => Reference.Add(f, a, b, m));
        yield return new("fsub.d", 2, Double, Double, true,
            (a, b, _, m, ref x) => Float64.Sub(a, b, m, ref x),
            (a, b, _, m) => Reference.Subtract(f, a, b, m));
        yield return new("fmul.d", 2, Double, Double, true,
            (a, b, _, m, ref x) => Float64.Mul(a, b, m, ref x),
            (a, b, _, m) => Reference.Multiply(f, a, b, m));
        yield return new("fdiv.d", 2, Double, Double, true,
            (a, b, _, m, ref x) => Float64.Div(a, b, m, ref x),
            (a, b, _, m) => Reference.Divide(f, a, b, m));
        yield return new("fsqrt.d", 1, Double, Double, true,
            (a, _, _, m, ref x) => Float64.Sqrt(a, m, ref x),
            (a, _, _, m) => Reference.SquareRoot(f, a, m));
        yield return new("fmadd.d", 3, Double, Double, true,
            (a, b, c, m, ref x) => Float64.FusedMultiplyAdd(a, b, c, m, ref x),
            (a, b, c, m) => Reference.MultiplyAdd(f, a, b, c, m));
    }

    private static IEnumerable<FloatOperation> DoubleComparisons()
    {
        var f = ReferenceFormat.Double;
        yield return new("fmin.d", 2, Double, Double, false,
            (a, b, _, _, ref x) => Float64.Min(a, b, ref x),
            (a, b, _, _) => Reference.MinMax(f, a, b, false));
        yield return new("fmax.d", 2, Double, Double, false,
            (a, b, _, _, ref x) => Float64.Max(a, b, ref x),
            (a, b, _, _) => Reference.MinMax(f, a, b, true));
        yield return new("feq.d", 2, Double, Integer, false,
            (a, b, _, _, ref x) => Bit(Float64.Equal(a, b, ref x)),
            (a, b, _, _) => Reference.Relation(f, a, b, true, order => order == 0));
        yield return new("flt.d", 2, Double, Integer, false,
            (a, b, _, _, ref x) => Bit(Float64.LessThan(a, b, ref x)),
            (a, b, _, _) => Reference.Relation(f, a, b, false, order => order < 0));
        yield return new("fle.d", 2, Double, Integer, false,
            (a, b, _, _, ref x) => Bit(Float64.LessOrEqual(a, b, ref x)),
            (a, b, _, _) => Reference.Relation(f, a, b, false, order => order <= 0));
        yield return new("fclass.d", 1, Double, Integer, false,
            (a, _, _, _, ref _) => Float64.Classify(a),
            (a, _, _, _) => Reference.Classify(f, a));
    }

    private static IEnumerable<FloatOperation> Conversions()
    {
        var s = ReferenceFormat.Single;
        yield return new("fcvt.w.s", 1, Single, Integer, true,
            (a, _, _, m, ref x) => (uint)Float32.ToInt32((uint)a, m, ref x),
            (a, _, _, m) => Reference.ToInteger(s, a, int.MinValue, int.MaxValue, m));
        yield return new("fcvt.wu.s", 1, Single, Integer, true,
            (a, _, _, m, ref x) => Float32.ToUInt32((uint)a, m, ref x),
            (a, _, _, m) => Reference.ToInteger(s, a, 0, uint.MaxValue, m));
        yield return new("fcvt.l.s", 1, Single, Integer, true,
            (a, _, _, m, ref x) => (ulong)Float32.ToInt64((uint)a, m, ref x),
            (a, _, _, m) => Reference.ToInteger(s, a, long.MinValue, long.MaxValue, m));
        yield return new("fcvt.lu.s", 1, Single, Integer, true,
            (a, _, _, m, ref x) => Float32.ToUInt64((uint)a, m, ref x),
            (a, _, _, m) => Reference.ToInteger(s, a, 0, ulong.MaxValue, m));
        yield return new("fcvt.s.w", 1, Integer, Single, true,
            (a, _, _, m, ref x) => Float32.FromInt32((int)a, m, ref x),
            (a, _, _, m) => Reference.FromInteger(s, (int)a, m));
        yield return new("fcvt.s.wu", 1, Integer, Single, true,
            (a, _, _, m, ref x) => Float32.FromUInt32((uint)a, m, ref x),
            (a, _, _, m) => Reference.FromInteger(s, (uint)a, m));
        yield return new("fcvt.s.l", 1, Integer, Single, true,
            (a, _, _, m, ref x) => Float32.FromInt64((long)a, m, ref x),
            (a, _, _, m) => Reference.FromInteger(s, (long)a, m));
        yield return new("fcvt.s.lu", 1, Integer, Single, true,
            (a, _, _, m, ref x) => Float32.FromUInt64(a, m, ref x),
            (a, _, _, m) => Reference.FromInteger(s, a, m));
    }

    private static IEnumerable<FloatOperation> DoubleConversions()
    {
        var d = ReferenceFormat.Double;
        yield return new("fcvt.w.d", 1, Double, Integer, true,
            (a, _, _, m, ref x) => (uint)Float64.ToInt32(a, m, ref x),
            (a, _, _, m) => Reference.ToInteger(d, a, int.MinValue, int.MaxValue, m));
        yield return new("fcvt.wu.d", 1, Double, Integer, true,
            (a, _, _, m, ref x) => Float64.ToUInt32(a, m, ref x),
            (a, _, _, m) => Reference.ToInteger(d, a, 0, uint.MaxValue, m));
        yield return new("fcvt.l.d", 1, Double, Integer, true,
            (a, _, _, m, ref x) => (ulong)Float64.ToInt64(a, m, ref x),
            (a, _, _, m) => Reference.ToInteger(d, a, long.MinValue, long.MaxValue, m));
        yield return new("fcvt.lu.d", 1, Double, Integer, true,
            (a, _, _, m, ref x) => Float64.ToUInt64(a, m, ref x),
            (a, _, _, m) => Reference.ToInteger(d, a, 0, ulong.MaxValue, m));
        yield return new("fcvt.d.w", 1, Integer, Double, true,
            (a, _, _, m, ref x) => Float64.FromInt32((int)a, m, ref x),
            (a, _, _, m) => Reference.FromInteger(d, (int)a, m));
        yield return new("fcvt.d.wu", 1, Integer, Double, true,
            (a, _, _, m, ref x) => Float64.FromUInt32((uint)a, m, ref x),
            (a, _, _, m) => Reference.FromInteger(d, (uint)a, m));
        yield return new("fcvt.d.l", 1, Integer, Double, true,
            (a, _, _, m, ref x) => Float64.FromInt64((long)a, m, ref x),
            (a, _, _, m) => Reference.FromInteger(d, (long)a, m));
        yield return new("fcvt.d.lu", 1, Integer, Double, true,
            (a, _, _, m, ref x) => Float64.FromUInt64(a, m, ref x),
            (a, _, _, m) => Reference.FromInteger(d, a, m));
    }

    private static IEnumerable<FloatOperation> FormatConversions()
    {
        var (s, d) = (ReferenceFormat.Single, ReferenceFormat.Double);
        yield return new("fcvt.s.d", 1, Double, Single, true,
            (a, _, _, m, ref x) => Float32.FromFloat64(a, m, ref x),
            (a, _, _, m) => Reference.Convert(d, s, a, m));
        yield return new("fcvt.d.s", 1, Single, Double, true,
            (a, _, _, _, ref x) => Float64.FromFloat32((uint)a, ref x),
            (a, _, _, m) => Reference.Convert(s, d, a, m));
    }

    private static ulong Bit(bool value) => value ? 1UL : 0;
}
