using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Devices;
using Virtio.Vmm;

namespace Virtio.Testing.Guest;

/// <summary>Options of a test's guest. Every option has a default.</summary>
public sealed record LinuxGuestOptions
{
    /// <summary>
    /// The devices under test. The guest finds them in this order: the first block device is <c>/dev/vda</c>, the first console
    /// <c>/dev/hvc0</c>.
    /// </summary>
    public IReadOnlyList<IVirtioDevice> Devices { get; init; } = [];

    /// <summary>The kind of machine that runs the guest.</summary>
    public MicroVmMachine Machine { get; init; } = MicroVmMachine.Auto;

    /// <summary>Kernel and initial ramdisks; by default <see cref="GuestImage.Find"/> for the machine.</summary>
    public GuestImage? Image { get; init; }

    /// <summary>Also gives the guest the larger programs of the image, such as fio.</summary>
    public bool WithTools { get; init; }

    /// <summary>The guest's memory in bytes. The image takes about 90 MiB, and 250 MiB with its tools; less is refused.</summary>
    public long MemorySize { get; init; } = 512L << 20;

    /// <summary>Number of processors.</summary>
    public int ProcessorCount { get; init; } = 1;

    /// <summary>Additional kernel parameters.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>Time within which the guest must answer after its start.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// How long a reset by the guest or the end of the machine waits for a queue whose device holds requests that it has not completed
    /// (<see cref="MicroVmOptions.StopLimit"/>). After that time the disposal of the guest throws an exception that names the queue and the
    /// requests.
    /// </summary>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The logger of the machine and its devices.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
