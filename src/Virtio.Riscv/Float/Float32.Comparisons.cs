namespace Virtio.Riscv.Float;

internal static partial class Float32
{
    /// <summary>The smaller value; minus zero is below plus zero; a NaN gives way to a number.</summary>
    public static uint Min(uint a, uint b, ref FloatFlags flags)
    {
        var (x, y) = (BitConverter.UInt32BitsToSingle(a), BitConverter.UInt32BitsToSingle(b));
        return x < y ? a : x > y ? b : (uint)Comparison.Min<Binary32>(a, b, ref flags);
    }

    /// <summary>The larger value; minus zero is below plus zero; a NaN gives way to a number.</summary>
    public static uint Max(uint a, uint b, ref FloatFlags flags)
    {
        var (x, y) = (BitConverter.UInt32BitsToSingle(a), BitConverter.UInt32BitsToSingle(b));
        return x > y ? a : x < y ? b : (uint)Comparison.Max<Binary32>(a, b, ref flags);
    }

    /// <summary>Whether the values are equal; only a signaling NaN is invalid.</summary>
    public static bool Equal(uint a, uint b, ref FloatFlags flags)
    {
        var (x, y) = (BitConverter.UInt32BitsToSingle(a), BitConverter.UInt32BitsToSingle(b));
        return float.IsNaN(x) || float.IsNaN(y) ? Comparison.Equal<Binary32>(a, b, ref flags) : x == y;
    }

    /// <summary>Whether the first value is below the second; any NaN is invalid.</summary>
    public static bool LessThan(uint a, uint b, ref FloatFlags flags)
    {
        var (x, y) = (BitConverter.UInt32BitsToSingle(a), BitConverter.UInt32BitsToSingle(b));
        return float.IsNaN(x) || float.IsNaN(y) ? Comparison.LessThan<Binary32>(a, b, ref flags) : x < y;
    }

    /// <summary>Whether the first value is not above the second; any NaN is invalid.</summary>
    public static bool LessOrEqual(uint a, uint b, ref FloatFlags flags)
    {
        var (x, y) = (BitConverter.UInt32BitsToSingle(a), BitConverter.UInt32BitsToSingle(b));
        return float.IsNaN(x) || float.IsNaN(y) ? Comparison.LessOrEqual<Binary32>(a, b, ref flags) : x <= y;
    }

    /// <summary>The class, as one of the ten bits of <c>fclass</c>.</summary>
    public static uint Classify(uint a) => Comparison.Classify<Binary32>(a);
}
