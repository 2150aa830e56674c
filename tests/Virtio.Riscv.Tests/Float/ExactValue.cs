using System.Numerics;

namespace Virtio.Riscv.Tests.Float;

/// <summary>A rational number: numerator / denominator × 2^scale.</summary>
internal readonly record struct ExactValue(BigInteger Numerator, BigInteger Denominator, int Scale)
{
    public static ExactValue Of(BigInteger integer, int scale = 0) => new(integer, BigInteger.One, scale);

    public static ExactValue operator *(ExactValue a, ExactValue b) =>
        new(a.Numerator * b.Numerator, a.Denominator * b.Denominator, a.Scale + b.Scale);

    public static ExactValue operator /(ExactValue a, ExactValue b)
    {
        var numerator = a.Numerator * b.Denominator;
        return new(b.Numerator.Sign < 0 ? -numerator : numerator, a.Denominator * BigInteger.Abs(b.Numerator), a.Scale - b.Scale);
    }

    public static ExactValue operator +(ExactValue a, ExactValue b)
    {
        var scale = Math.Min(a.Scale, b.Scale);
        var left = (a.Numerator << (a.Scale - scale)) * b.Denominator;
        var right = (b.Numerator << (b.Scale - scale)) * a.Denominator;
        return new(left + right, a.Denominator * b.Denominator, scale);
    }

    /// <summary>
    /// The root of a positive integer × 2^scale. If it is irrational, returns the middle between its two neighbours of 200 bits, which
    /// rounds to fewer bits in the same way as the root itself.
    /// </summary>
    public ExactValue SquareRoot()
    {
        Assert.True(Denominator.IsOne && Numerator.Sign > 0);
        var shift = 400 + (Scale & 1);
        var radicand = Numerator << shift;
        var scale = (Scale - shift) / 2;
        var root = BigInteger.One << (int)((radicand.GetBitLength() + 1) / 2);
        for (var next = (root + (radicand / root)) >> 1; next < root; next = (root + (radicand / root)) >> 1)
        {
            root = next;
        }

        return root * root == radicand ? Of(root, scale) : Of((root << 1) + 1, scale - 1);
    }
}
