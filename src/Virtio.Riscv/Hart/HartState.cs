namespace Virtio.Riscv;

/// <summary>State of a hart as SBI's hart state management reports it.</summary>
internal static class HartState
{
    public const int Started = 0;
    public const int Stopped = 1;
    public const int StartPending = 2;
    public const int Suspended = 4;
}
