namespace Virtio.Riscv;

/// <summary>The parts and settings of a <see cref="RiscvMachine"/>.</summary>
public sealed class RiscvMachineOptions
{
    /// <summary>The guest's RAM; regions must not overlap.</summary>
    public required IReadOnlyList<RiscvMemoryRegion> Memory { get; init; }

    /// <summary>Handles accesses outside RAM; without a bus they all fault.</summary>
    public IRiscvBus? Bus { get; init; }

    /// <summary>Number of harts, 1 to 8.</summary>
    public int HartCount { get; init; } = 1;

    /// <summary>
    /// Rate of the <c>time</c> CSR in hertz; the device tree must say the same. The CSR counts the host's time, except for periods of a
    /// second or longer in which no hart could run because the process was stopped.
    /// </summary>
    public ulong TimebaseFrequency { get; init; } = 10_000_000;

    /// <summary>Receives SBI debug console output; without it the output is dropped.</summary>
    public RiscvDebugConsole? DebugConsole { get; init; }
}
