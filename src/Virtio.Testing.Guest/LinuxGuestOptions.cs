using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Devices;
using Virtio.Vmm;

namespace Virtio.Testing.Guest;

/// <summary>What a test's guest is made of; everything has a default.</summary>
public sealed record LinuxGuestOptions
{
    /// <summary>The devices under test. The guest finds them in this order: the first block device is <c>/dev/vda</c>, the first console <c>/dev/hvc0</c>.</summary>
    public IReadOnlyList<IVirtioDevice> Devices { get; init; } = [];

    /// <summary>Which kind of machine runs the guest.</summary>
    public MicroVmMachine Machine { get; init; } = MicroVmMachine.Auto;

    /// <summary>Kernel and initial ramdisks; by default <see cref="GuestImage.Find"/> for the machine.</summary>
    public GuestImage? Image { get; init; }

    /// <summary>Also gives the guest the larger programs of the image, such as fio.</summary>
    public bool WithTools { get; init; }

    /// <summary>The guest's memory in bytes. The image takes about 90 MiB, and 250 MiB with its tools; less is refused.</summary>
    public long MemorySize { get; init; } = 512L << 20;

    /// <summary>How many processors.</summary>
    public int ProcessorCount { get; init; } = 1;

    /// <summary>Kernel parameters to add.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>How long the guest may take until it answers.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// How long a reset by the guest or the end of the machine waits for a queue whose device holds requests that it has not completed
    /// (<see cref="MicroVmOptions.StopLimit"/>). When it is over, the disposal of the guest throws an exception that names queue and
    /// requests.
    /// </summary>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where machine and devices log.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
