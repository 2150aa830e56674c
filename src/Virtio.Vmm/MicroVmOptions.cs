using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Devices;

namespace Virtio.Vmm;

/// <summary>What a microVM is made of. Only <see cref="Kernel"/> has no default.</summary>
public sealed class MicroVmOptions
{
    /// <summary>The least memory a machine can have: 64 MiB. A kernel may need more: those of the guest images take about 90 MiB, and 250 MiB with the tools.</summary>
    public const long MinMemorySize = 64L << 20;

    /// <summary>The most memory a machine can have: 16 GiB.</summary>
    public const long MaxMemorySize = 16L << 30;

    /// <summary>The most processors a machine can have: those of <see cref="MicroVmMachine.Kvm"/>.</summary>
    public const int MaxProcessorCount = 32;

    /// <summary>The most processors that <see cref="MicroVmMachine.Software"/> can have.</summary>
    public const int MaxSoftwareProcessorCount = 8;

    /// <summary>The most devices a machine can have.</summary>
    public const int MaxDeviceCount = 32;

    /// <summary>Which kind of machine runs the guest.</summary>
    public MicroVmMachine Machine { get; init; } = MicroVmMachine.Auto;

    /// <summary>
    /// The Linux kernel, as it is or compressed with gzip or zstd. The software machine takes a riscv64 <c>Image</c>; the KVM machine an x86-64 <c>bzImage</c>, or
    /// a <c>vmlinux</c> that was built with CONFIG_PVH.
    /// </summary>
    public required BootSource Kernel { get; init; }

    /// <summary>The initial ramdisks, each a cpio archive or a compressed one. The kernel unpacks them in this order, later files over earlier ones.</summary>
    public IReadOnlyList<BootSource> Initrd { get; init; } = [];

    /// <summary>
    /// Kernel parameters of one's own. They come after the machine's (see <see cref="UseDefaultCommandLine"/>), and of two that contradict each other
    /// the kernel takes the later one, so that <c>loglevel=7</c> shows the boot messages and <c>panic=0</c> keeps a panicked kernel from ending the machine.
    /// </summary>
    public string CommandLine { get; init; } = "";

    /// <summary>
    /// Whether the kernel parameters begin with the machine's own: an early console (<c>earlycon=</c>) for a kernel that panics before it has another, <c>console=ttyS0</c>,
    /// then <c>console=hvc0</c> where there is a console device, <c>quiet</c>, and <c>panic=-1</c>, which makes a panic end the machine. On the KVM machine there is no early
    /// console where <see cref="CommandLine"/> sets a <c>loglevel</c>: the kernel would print each message twice. Without the machine's own, <see cref="CommandLine"/> is all there is.
    /// </summary>
    public bool UseDefaultCommandLine { get; init; } = true;

    /// <summary>
    /// The guest's memory in bytes, <see cref="MinMemorySize"/> to <see cref="MaxMemorySize"/>, a multiple of 2 MiB. The host only spends what the guest has touched.
    /// Less than a guest image boots with is refused with a <see cref="BootException"/>; of other kernels it is not known.
    /// </summary>
    public long MemorySize { get; init; } = 512L << 20;

    /// <summary>How many processors, 1 to <see cref="MaxProcessorCount"/>, or to <see cref="MaxSoftwareProcessorCount"/> on the software machine.</summary>
    public int ProcessorCount { get; init; } = 1;

    /// <summary>
    /// The virtio devices, at most <see cref="MaxDeviceCount"/>. From the call of <see cref="MicroVm.StartAsync"/> on they belong to the machine, which disposes
    /// them, also when it could not start. The guest finds them in this order: the first block device is <c>/dev/vda</c>.
    /// </summary>
    public IReadOnlyList<IVirtioDevice> Devices { get; init; } = [];

    /// <summary>
    /// How long the stop of a device's queue, at a reset by the guest or at the end of the machine, waits for requests that the device has
    /// not completed; infinite by default. After one second it is logged which they are. When the limit is over the device is lost,
    /// disposing the machine throws <see cref="Queues.QueueStopException"/>, and the guest's memory, which the device may still write to,
    /// stays mapped until the process ends.
    /// </summary>
    public TimeSpan StopLimit { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>How the guest learns of its devices. The default fits the kernels of distributions.</summary>
    public MicroVmDeviceDiscovery DeviceDiscovery { get; init; }

    /// <summary>Where the serial port's output goes, the kernel's messages among it; stays the caller's. Null: only <see cref="MicroVm.SerialLog"/> keeps it.</summary>
    public Stream? SerialOutput { get; init; }

    /// <summary>What the guest reads from its serial port; stays the caller's. Null: nothing.</summary>
    public Stream? SerialInput { get; init; }

    /// <summary>Where the machine says what happens to it.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
