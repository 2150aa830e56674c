using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Queues;

namespace Virtio.Transports.Mmio;

/// <summary>Options of a bus: the places of its devices, and how their queues are served.</summary>
public sealed record MmioBusOptions
{
    /// <summary>Guest-physical address of the first device.</summary>
    public ulong BaseAddress { get; init; } = 0xd000_0000;

    /// <summary>Bytes of address space for each device; at least 512.</summary>
    public uint DeviceSize { get; init; } = 4096;

    /// <summary>Interrupt of the first device; each further device has the next number.</summary>
    public int FirstInterrupt { get; init; } = 5;

    /// <summary>
    /// Creates the signal of a queue, by the index of its device on the bus and the index of the queue in its device. For a hypervisor that
    /// receives the driver's kicks without a call of <see cref="MmioBus.HandleMmio"/>. The bus calls it once per queue when it is created,
    /// owns the signal, uses it for every queue that the driver sets up at that index, also after resets, and disposes it at its end. Null,
    /// or a null result: a signal between threads of this process.
    /// </summary>
    public Func<int, int, QueueSignal?>? CreateSignal { get; init; }

    /// <summary>
    /// How long a worker that has served all of the driver's requests polls for more, with kicks suppressed, before it sleeps; zero, the
    /// default, turns polling off. Polling spends processor time to avoid wake-ups, which take many times as long as a request. It is for
    /// drivers that run at native speed. The value is an upper limit: a queue is polled less, down to not at all, when polls find nothing
    /// or take the processor from other threads. With a single processor there is no polling. While polling, an interrupt also waits for
    /// requests that are about to come, for up to some tens of times what it costs to raise it.
    /// </summary>
    public TimeSpan PollTime { get; init; }

    /// <summary>
    /// How long the stop of a queue waits for its device, which may hold chains that it has not completed; infinite by default. After one
    /// second the chains are logged. When the limit is over the device is lost: a reset by its driver does not end, disposing the bus
    /// throws <see cref="QueueStopException"/>, and the guest's memory, which the device may still write to, stays mapped until the process
    /// ends (<see cref="Memory.GuestMemory.Keep"/>).
    /// </summary>
    public TimeSpan StopLimit { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Creates the logger of a device, by its index on the bus. The bus calls it once per device when it is created. Null: all devices use
    /// <see cref="Logger"/>.
    /// </summary>
    public Func<int, ILogger>? CreateLogger { get; init; }

    /// <summary>The logger of the bus and its devices.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
