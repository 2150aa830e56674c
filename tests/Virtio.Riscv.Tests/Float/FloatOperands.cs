using Virtio.Riscv.Float;

namespace Virtio.Riscv.Tests.Float;

/// <summary>Operands for tests: the values at the boundaries of rules, and random ones whose results lie near those boundaries.</summary>
internal static class FloatOperands
{
    private static readonly ulong[] Doubles =
    [
        0, 1, 2, 3, 0x0008000000000000, 0x000FFFFFFFFFFFFE, 0x000FFFFFFFFFFFFF, // zero and subnormal
        0x0010000000000000, 0x0010000000000001, 0x001FFFFFFFFFFFFF, 0x0020000000000000, // the smallest normal binade
        0x07B0000000000000, 0x07AFFFFFFFFFFFFF, 0x1FF0000000000000, 0x1FFFFFFFFFFFFFFF, 0x2000000000000001, // roots of the smallest
        0x3690000000000000, 0x36A0000000000000, 0x36A8000000000000, 0x380FFFFFDFFFFFFF, 0x380FFFFFE0000000, 0x380FFFFFF0000000,
        0x3810000000000000, // single's smallest
        0x3CA0000000000000, 0x3CB0000000000000, 0x3FD0000000000000, 0x3FDFFFFFFFFFFFFF, 0x3FE0000000000000, 0x3FE0000000000001,
        0x3FEFFFFFFFFFFFFF, // up to one
        0x3FF0000000000000, 0x3FF0000000000001, 0x3FF0000010000000, 0x3FF0000030000000, 0x3FF5555555555555, 0x3FF8000000000000,
        0x3FFFFFFFFFFFFFFF,
        0x4000000000000000, 0x4004000000000000, 0x4008000000000000, 0x400C000000000000, 0x4022000000000000, // 2, 2.5, 3, 3.5, 9
        0x41DFFFFFFFC00000, 0x41DFFFFFFFE00000, 0x41E0000000000000, 0x41E0000000100000, 0x41EFFFFFFFE00000, 0x41EFFFFFFFF00000,
        0x41F0000000000000, // 2^31, 2^32
        0x4330000000000001, 0x433FFFFFFFFFFFFF, 0x4340000000000000, 0x43DFFFFFFFFFFFFF, 0x43E0000000000000, 0x43EFFFFFFFFFFFFF,
        0x43F0000000000000, // 2^53, 2^63, 2^64
        0x47EFFFFFE0000000, 0x47EFFFFFEFFFFFFF, 0x47EFFFFFF0000000, 0x47F0000000000000, // single's largest
        0x5FE0000000000000, 0x5FEFFFFFFFFFFFFF, 0x7FDFFFFFFFFFFFFF, 0x7FE0000000000000, 0x7FEFFFFFFFFFFFFE,
        0x7FEFFFFFFFFFFFFF, // the largest
        0x7FF0000000000000, 0x7FF0000000000001, 0x7FF7FFFFFFFFFFFF, 0x7FF8000000000000, 0x7FFFFFFFFFFFFFFF, // infinity and NaN
    ];

    private static readonly ulong[] Singles =
    [
        0, 1, 2, 3, 0x00400000, 0x007FFFFE, 0x007FFFFF, 0x00800000, 0x00800001, 0x00FFFFFF, 0x01000000, 0x01000001,
        0x1FFFFFFF, 0x20000000, 0x20000001, 0x33800000, 0x34000000, 0x3E800000, 0x3EFFFFFF, 0x3F000000, 0x3F000001, 0x3F7FFFFF,
        0x3F800000, 0x3F800001, 0x3FAAAAAA, 0x3FC00000, 0x3FFFFFFF, 0x40000000, 0x40200000, 0x40400000, 0x40600000, 0x41100000,
        0x4AFFFFFF, 0x4B000001, 0x4B7FFFFF, 0x4B800000, 0x4EFFFFFF, 0x4F000000, 0x4F7FFFFF, 0x4F800000, 0x5EFFFFFF, 0x5F000000, 0x5F7FFFFF,
        0x5F800000,
        0x5F000001, 0x7EFFFFFF, 0x7F000000, 0x7F7FFFFE, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FBFFFFF, 0x7FC00000, 0x7FFFFFFF,
    ];

    private static readonly ulong[] Integers =
    [
        0, 1, 2, 3, 0x00FFFFFF, 0x01000000, 0x01000001, 0x01000002, 0x01000003, 0x7FFFFFBF, 0x7FFFFFC0, 0x7FFFFFFF, 0x80000000, 0x80000001,
        0xFFFFFF7F, 0xFFFFFF80,
        0xFFFFFFFF, 0x100000000, 0x1FFFFFFFFFFFFF, 0x20000000000000, 0x20000000000001, 0x20000000000003, 0x7FFFFFFFFFFFFDFF,
        0x7FFFFFFFFFFFFE00, 0x7FFFFFFFFFFFFE01,
        0x7FFFFFBFFFFFFFFF, 0x7FFFFFC000000000, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0x8000000000000001, 0xFFFFFFFFFFFFFBFF,
        0xFFFFFFFFFFFFFC00, 0xFFFFFFFFFFFFFFFF,
        0xFFFFFF7FFFFFFFFF, 0xFFFFFF8000000000, 0xFFFFFF8000000001, 0xFFFFFFFF7FFFFFFF, 0xFFFFFFFF80000000, 0xFFFFFFFFFEFFFFFF,
        0xFFDFFFFFFFFFFFFF,
    ];

    /// <summary>All combinations of the corner values; for three operands of every third corner value.</summary>
    public static IEnumerable<(ulong A, ulong B, ulong C)> Corners(FloatOperation operation)
    {
        var values = operation.Source switch
        {
            FloatRegister.Integer => Integers,
            FloatRegister.Single => [.. Singles, .. Singles.Select(bits => bits | ReferenceFormat.Single.Sign)],
            _ => [.. Doubles, .. Doubles.Select(bits => bits | ReferenceFormat.Double.Sign)],
        };
        ulong[] none = [0];
        if (operation.Operands == 3)
        {
            values = [.. values.Where((_, index) => index % 4 == 0)];
        }

        return from a in values
               from b in operation.Operands > 1 ? values : none
               from c in operation.Operands > 2 ? values : none
               select (a, b, c);
    }

    public static IEnumerable<(ulong A, ulong B, ulong C)> Random(FloatOperation operation, int seed, int count)
    {
        var random = new Random(seed);
        var format = operation.Source == FloatRegister.Single ? ReferenceFormat.Single : ReferenceFormat.Double;
        for (var i = 0; i < count; i++)
        {
            yield return operation.Source == FloatRegister.Integer ? (NextInteger(random), 0, 0) : NextTriple(random, operation, format);
        }
    }

    private static ulong NextInteger(Random random)
    {
        var value = (ulong)random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
        return random.Next(2) == 0 ? 0 - value : value;
    }

    private static (ulong A, ulong B, ulong C) NextTriple(Random random, FloatOperation operation, ReferenceFormat f)
    {
        var max = (int)(f.Infinity >> f.FractionBits);

        // Exponents anywhere; near one; or such that the product (or the quotient) is near the smallest or the largest value.
        var first = random.Next(4) == 0 ? random.Next(max + 1) : f.Bias + random.Next(-3, 4);
        var target = random.Next(6) switch { 0 => 0, 1 => max, 2 => -f.FractionBits + random.Next(f.FractionBits), _ => f.Bias };
        var second = random.Next(3) switch { 0 => target + f.Bias - first, 1 => first + f.Bias - target, _ => first };
        var a = Next(random, f, first);
        var b = Next(random, f, second + random.Next(-2, 3));
        if (operation.Operands < 3)
        {
            return (a, b, 0);
        }

        // The addend at any distance that matters, or one that nearly cancels the product.
        var ignored = FloatFlags.None;
        var product = operation.Source == FloatRegister.Single
            ? Float32.Mul((uint)a, (uint)b, RoundingMode.NearestEven, ref ignored)
            : Float64.Mul(a, b, RoundingMode.NearestEven, ref ignored);
        var exponent = (int)(f.Magnitude(product) >> f.FractionBits);
        var c = random.Next(3) == 0
            ? (product ^ f.Sign) + (ulong)random.Next(-1, 2)
            : Next(random, f, exponent + random.Next(-2 * f.FractionBits - 4, f.FractionBits + 4));
        return (a, b, c & (f.Sign | (f.Sign - 1)));
    }

    private static ulong Next(Random random, ReferenceFormat f, int exponent)
    {
        var mask = (1UL << f.FractionBits) - 1;
        var fraction = (ulong)random.NextInt64() & mask;
        fraction = random.Next(6) switch
        {
            0 => fraction,
            1 => (fraction << random.Next(f.FractionBits + 1)) & mask,
            2 => mask ^ (1UL << random.Next(f.FractionBits)),
            3 => 1UL << random.Next(f.FractionBits),
            4 => random.Next(2) == 0 ? 1UL : mask,
            _ => (mask << random.Next(f.FractionBits + 1)) & mask,
        };
        var field = (ulong)Math.Clamp(exponent, 0, (int)(f.Infinity >> f.FractionBits));
        return f.Signed(random.Next(2) == 0, (field << f.FractionBits) | fraction);
    }
}
