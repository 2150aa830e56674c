using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Queues;

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

    /// <summary>
    /// Makes the signal of a queue, by index of its device on the bus and of the queue in its device, once for each when the bus is made: for a hypervisor that
    /// takes the driver's kicks without a call of <see cref="MmioBus.HandleMmio"/>. The bus owns the signal, hands it to whatever queue the driver makes there, after
    /// every reset anew, and disposes it with itself. Null, or where it returns null: a signal between threads of this process.
    /// </summary>
    public Func<int, int, QueueSignal?>? CreateSignal { get; init; }

    /// <summary>
    /// How long a worker that has served all of the driver's requests looks for more before it sleeps, with kicks not wanted meanwhile; zero for not at all. It
    /// spends a processor on not being woken, which takes many times as long as a request: for a driver that runs at native speed. It is an upper limit: a queue
    /// is watched less, down to not at all, where that finds nothing or takes the processor from others; and never where there is only one. An interrupt also waits for
    /// requests that are about to come, by some tens of what it costs to raise it.
    /// </summary>
    public TimeSpan PollTime { get; init; }

    /// <summary>
    /// How long the stop of a queue waits for its device, which may hold chains that it has not completed; infinite by default. After one
    /// second it is logged which. When the limit is over the device is lost: its driver finds a reset that does not end, disposing the bus
    /// throws <see cref="QueueStopException"/>, and the guest's memory, which the device may still write to, stays mapped until the process
    /// ends (<see cref="Memory.GuestMemory.Keep"/>).
    /// </summary>
    public TimeSpan StopLimit { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Makes the logger of a device, by its index on the bus, once for each when the bus is made. Null: all log to <see cref="Logger"/>.
    /// </summary>
    public Func<int, ILogger>? CreateLogger { get; init; }

    /// <summary>Where the bus and its devices log.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
