namespace Virtio.Riscv;

/// <summary>Error codes of the supervisor binary interface.</summary>
internal static class SbiError
{
    public const long Success = 0;
    public const long NotSupported = -2;
    public const long InvalidParameter = -3;
    public const long InvalidAddress = -5;
    public const long AlreadyAvailable = -6;
}
