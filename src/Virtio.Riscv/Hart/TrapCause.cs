namespace Virtio.Riscv;

/// <summary>Exception and interrupt codes of <c>scause</c>.</summary>
internal static class TrapCause
{
    public const ulong InstructionAccessFault = 1;
    public const ulong IllegalInstruction = 2;
    public const ulong Breakpoint = 3;
    public const ulong LoadMisaligned = 4;
    public const ulong LoadAccessFault = 5;
    public const ulong StoreMisaligned = 6;
    public const ulong StoreAccessFault = 7;
    public const ulong UserCall = 8;
    public const ulong InstructionPageFault = 12;
    public const ulong LoadPageFault = 13;
    public const ulong StorePageFault = 15;
    public const ulong Interrupt = 1UL << 63;

    public const int SoftwareInterrupt = 1;
    public const int TimerInterrupt = 5;
    public const int ExternalInterrupt = 9;
}
