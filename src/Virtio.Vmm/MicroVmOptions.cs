using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Devices;

namespace Virtio.Vmm;

/// <summary>The parts and settings of a microVM. Only <see cref="Kernel"/> has no default.</summary>
public sealed class MicroVmOptions
{
    /// <summary>
    /// The least memory a machine can have: 64 MiB. A kernel may need more:
    /// those of the guest images need about 90 MiB, and 250 MiB with the tools.
    /// </summary>
    public const long MinMemorySize = 64L << 20;

    /// <summary>The most memory a machine can have: 16 GiB.</summary>
    public const long MaxMemorySize = 16L << 30;

    /// <summary>The most processors a machine can have: those of <see cref="MicroVmMachine.Kvm"/>.</summary>
    public const int MaxProcessorCount = 32;

    /// <summary>The most processors that <see cref="MicroVmMachine.Software"/> can have.</summary>
    public const int MaxSoftwareProcessorCount = 8;

    /// <summary>The most devices a machine can have.</summary>
    public const int MaxDeviceCount = 32;

    /// <summary>The kind of machine that runs the guest.</summary>
    public MicroVmMachine Machine { get; init; } = MicroVmMachine.Auto;

    /// <summary>
    /// The Linux kernel, uncompressed or compressed with gzip or zstd. The software machine takes a riscv64 <c>Image</c>, the KVM machine
    /// an x86-64 <c>bzImage</c>, or a <c>vmlinux</c> that was built with CONFIG_PVH.
    /// </summary>
    public required BootSource Kernel { get; init; }

    /// <summary>
    /// The initial ramdisks, each a cpio archive or a compressed one. The kernel unpacks them in this order;
    /// later files replace earlier ones.
    /// </summary>
    public IReadOnlyList<BootSource> Initrd { get; init; } = [];

    /// <summary>
    /// The user's kernel parameters. They come after the machine's (see <see cref="UseDefaultCommandLine"/>), and of two that contradict
    /// each other the kernel takes the later one. So <c>loglevel=7</c> shows the boot messages, and with <c>panic=0</c> a panicked kernel
    /// does not end the machine.
    /// </summary>
    public string CommandLine { get; init; } = "";

    /// <summary>
    /// Whether the command line begins with the machine's own parameters. They are an early console (<c>earlycon=</c>) for a kernel that
    /// panics before it has another, <c>console=ttyS0</c>, then <c>console=hvc0</c> if there is a console device, <c>quiet</c>, and
    /// <c>panic=-1</c>, with which a panic ends the machine. On the KVM machine there is no early console if <see cref="CommandLine"/> sets
    /// a <c>loglevel</c>: the kernel would print each message twice. If false, the command line is <see cref="CommandLine"/> alone.
    /// </summary>
    public bool UseDefaultCommandLine { get; init; } = true;

    /// <summary>
    /// The guest's memory in bytes, <see cref="MinMemorySize"/> to <see cref="MaxMemorySize"/>, a multiple of 2 MiB. The host spends only
    /// the pages that the guest has touched. A guest image with less memory than it needs to boot is refused with a
    /// <see cref="BootException"/>; the needs of other kernels are not known.
    /// </summary>
    public long MemorySize { get; init; } = 512L << 20;

    /// <summary>
    /// The number of processors, 1 to <see cref="MaxProcessorCount"/>,
    /// or to <see cref="MaxSoftwareProcessorCount"/> on the software machine.
    /// </summary>
    public int ProcessorCount { get; init; } = 1;

    /// <summary>
    /// The virtio devices, at most <see cref="MaxDeviceCount"/>. From the call of <see cref="MicroVm.StartAsync"/> on the machine owns them
    /// and disposes them, even if it could not start. The guest finds them in this order: the first block device is <c>/dev/vda</c>.
    /// </summary>
    public IReadOnlyList<IVirtioDevice> Devices { get; init; } = [];

    /// <summary>
    /// How long the stop of a device's queue, at a reset by the guest or at the end of the machine, waits for requests that the device has
    /// not completed; infinite by default. After one second those requests are logged. When the limit is exceeded, the device is lost and
    /// disposing the machine throws <see cref="Queues.QueueStopException"/>. The guest's memory then stays mapped until the process ends,
    /// because the device may still write to it.
    /// </summary>
    public TimeSpan StopLimit { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>How the guest learns of its devices. The default fits the kernels of distributions.</summary>
    public MicroVmDeviceDiscovery DeviceDiscovery { get; init; }

    /// <summary>
    /// The stream for the serial port's output, which includes the kernel's messages; the caller keeps owning it. Null: only
    /// <see cref="MicroVm.SerialLog"/> keeps the output.
    /// </summary>
    public Stream? SerialOutput { get; init; }

    /// <summary>The stream that the guest reads from its serial port; the caller keeps owning it. Null: no input.</summary>
    public Stream? SerialInput { get; init; }

    /// <summary>The logger for the machine's events.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
