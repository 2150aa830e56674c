using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Virtio.Transports.Mmio;

/// <summary>Where a bus puts its devices.</summary>
public sealed record MmioBusOptions
{
    /// <summary>Guest-physical address of the first device.</summary>
    public ulong BaseAddress { get; init; } = 0xd000_0000;

    /// <summary>Bytes of address space for each device; at least 512.</summary>
    public uint DeviceSize { get; init; } = 4096;

    /// <summary>Interrupt of the first device; each further one has the next.</summary>
    public int FirstInterrupt { get; init; } = 5;

    /// <summary>Where the bus and its devices log.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
