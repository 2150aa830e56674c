using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Virtio.Riscv.Float;

/// <summary>
/// The error of the host's rounding of a result, computed with the host's own operations; zero means that the result is exact.
/// </summary>
/// <remarks>
/// The classic error-free transformations (Knuth's two-sum; Boldo and Muller's for the fused operation). They hold for rounding to nearest,
/// which is the only mode .NET runs in, as long as nothing overflows and no product's error falls below the subnormal range.
/// The callers ensure both.
/// </remarks>
internal static class HostResidual
{
    /// <summary>Whether the fused operation is an instruction of the host and not a slow routine of its C library.</summary>
    public static bool IsFast => Fma.IsSupported || AdvSimd.Arm64.IsSupported;

    /// <summary>The residual of a sum.</summary>
    public static double OfSum(double x, double y, double sum)
    {
        var part = sum - x;
        return (x - (sum - part)) + (y - part);
    }

    /// <summary>The residual of a sum.</summary>
    public static float OfSum(float x, float y, float sum)
    {
        var part = sum - x;
        return (x - (sum - part)) + (y - part);
    }

    /// <summary>Zero if and only if <paramref name="result"/> is exactly x × y + z.</summary>
    public static double OfFused(double x, double y, double z, double product, double result)
    {
        var productError = Math.FusedMultiplyAdd(x, y, -product);
        var low = z + productError;
        var lowError = OfSum(z, productError, low);
        var high = product + low;
        var highError = OfSum(product, low, high);

        // result + (high - result) + highError + lowError is the exact value.
        return ((high - result) + highError) + lowError;
    }
}
