namespace Virtio.Riscv;

/// <summary>What a <see cref="RiscvMachine"/> is made of.</summary>
public sealed class RiscvMachineOptions
{
    /// <summary>The guest's RAM; regions must not overlap.</summary>
    public required IReadOnlyList<RiscvMemoryRegion> Memory { get; init; }

    /// <summary>Answers accesses outside RAM; without one they all fault.</summary>
    public IRiscvBus? Bus { get; init; }

    /// <summary>Number of harts, 1 to 8.</summary>
    public int HartCount { get; init; } = 1;

    /// <summary>
    /// Rate of the <c>time</c> CSR in hertz; the device tree must say the same. The CSR counts the host's time, without that during which no hart could run for a
    /// second or longer because the process was stopped.
    /// </summary>
    public ulong TimebaseFrequency { get; init; } = 10_000_000;

    /// <summary>Receives SBI debug console output; without one it is dropped.</summary>
    public RiscvDebugConsole? DebugConsole { get; init; }
}
