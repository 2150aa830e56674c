namespace Virtio.Riscv.Float;

internal static partial class Float64
{
    /// <summary>The smaller value; minus zero is below plus zero; a NaN gives way to a number.</summary>
    public static ulong Min(ulong a, ulong b, ref FloatFlags flags)
    {
        var (x, y) = (BitConverter.UInt64BitsToDouble(a), BitConverter.UInt64BitsToDouble(b));
        return x < y ? a : x > y ? b : Comparison.Min<Binary64>(a, b, ref flags);
    }

    /// <summary>The larger value; minus zero is below plus zero; a NaN gives way to a number.</summary>
    public static ulong Max(ulong a, ulong b, ref FloatFlags flags)
    {
        var (x, y) = (BitConverter.UInt64BitsToDouble(a), BitConverter.UInt64BitsToDouble(b));
        return x > y ? a : x < y ? b : Comparison.Max<Binary64>(a, b, ref flags);
    }

    /// <summary>Whether the values are equal; only a signaling NaN is invalid.</summary>
    public static bool Equal(ulong a, ulong b, ref FloatFlags flags)
    {
        var (x, y) = (BitConverter.UInt64BitsToDouble(a), BitConverter.UInt64BitsToDouble(b));
        return double.IsNaN(x) || double.IsNaN(y) ? Comparison.Equal<Binary64>(a, b, ref flags) : x == y;
    }

    /// <summary>Whether the first value is below the second; any NaN is invalid.</summary>
    public static bool LessThan(ulong a, ulong b, ref FloatFlags flags)
    {
        var (x, y) = (BitConverter.UInt64BitsToDouble(a), BitConverter.UInt64BitsToDouble(b));
        return double.IsNaN(x) || double.IsNaN(y) ? Comparison.LessThan<Binary64>(a, b, ref flags) : x < y;
    }

    /// <summary>Whether the first value is not above the second; any NaN is invalid.</summary>
    public static bool LessOrEqual(ulong a, ulong b, ref FloatFlags flags)
    {
        var (x, y) = (BitConverter.UInt64BitsToDouble(a), BitConverter.UInt64BitsToDouble(b));
        return double.IsNaN(x) || double.IsNaN(y) ? Comparison.LessOrEqual<Binary64>(a, b, ref flags) : x <= y;
    }

    /// <summary>The class, as one of the ten bits of <c>fclass</c>.</summary>
    public static uint Classify(ulong a) => Comparison.Classify<Binary64>(a);
}
