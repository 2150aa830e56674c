using Virtio.Memory;
using Virtio.Transports.Mmio;

namespace Virtio.Testing;

/// <summary>Options of a <see cref="TestBus"/>.</summary>
public sealed record TestBusOptions
{
    /// <summary>Bytes of guest RAM, whole pages of 4096.</summary>
    public ulong MemorySize { get; init; } = 64 << 20;

    /// <summary>Guest-physical address of the RAM.</summary>
    public ulong MemoryAddress { get; init; } = 0x8000_0000;

    /// <summary>Further RAM behind a hole: address and length in whole pages, above the first range.</summary>
    public IReadOnlyList<(ulong Address, ulong Length)> FurtherMemory { get; init; } = [];

    /// <summary>Makes the RAM from ranges with address and length; for devices that need it shared with other processes.</summary>
    public Func<(ulong Address, ulong Length)[], GuestMemory> AllocateMemory { get; init; } = ranges => GuestMemory.Allocate(ranges);

    /// <summary>Options of the bus: its addresses and its logger.</summary>
    public MmioBusOptions Bus { get; init; } = new();

    /// <summary>How long a wait of the driver's side lasts before it ends with a <see cref="TimeoutException"/>.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a reset or the disposal waits for a queue whose device holds chains that it has not completed. It replaces
    /// <see cref="MmioBusOptions.StopLimit"/> in <see cref="Bus"/>. After that time the device is lost, and the disposal of the bus throws
    /// an
    /// exception that names the queue and the chains.
    /// </summary>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(10);
}
