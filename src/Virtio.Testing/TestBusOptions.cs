using Virtio.Memory;
using Virtio.Transports.Mmio;

namespace Virtio.Testing;

/// <summary>What a <see cref="TestBus"/> is made of.</summary>
public sealed record TestBusOptions
{
    /// <summary>Bytes of guest RAM, whole pages of 4096.</summary>
    public ulong MemorySize { get; init; } = 64 << 20;

    /// <summary>Guest-physical address of the RAM.</summary>
    public ulong MemoryAddress { get; init; } = 0x8000_0000;

    /// <summary>Further RAM behind a hole: address and length in whole pages, above the first range.</summary>
    public IReadOnlyList<(ulong Address, ulong Length)> FurtherMemory { get; init; } = [];

    /// <summary>Makes the RAM, of ranges with address and length; for devices that need it shared with other processes.</summary>
    public Func<(ulong Address, ulong Length)[], GuestMemory> AllocateMemory { get; init; } = ranges => GuestMemory.Allocate(ranges);

    /// <summary>The bus, its addresses and where it logs.</summary>
    public MmioBusOptions Bus { get; init; } = new();

    /// <summary>How long a wait of the driver's side lasts before it gives up with a <see cref="TimeoutException"/>.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a reset or the disposal waits for a queue whose device holds chains that it has not completed; it takes the place of
    /// <see cref="MmioBusOptions.StopLimit"/> in <see cref="Bus"/>. When it is over the device is lost, and the disposal of the bus throws
    /// an exception that names queue and chains.
    /// </summary>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(10);
}
