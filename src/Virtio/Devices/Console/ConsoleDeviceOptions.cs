namespace Virtio.Devices.Console;

/// <summary>
/// What a console device is made of. <see cref="Input"/>, <see cref="Output"/> and the size belong to its first port, number 0. The streams
/// stay the caller's: the device never disposes them.
/// </summary>
public sealed record ConsoleDeviceOptions
{
    /// <summary>The most ports that the standard's drivers are offered here: <see cref="MaxPortCount"/> is not larger.</summary>
    public const int PortCountLimit = 31;

    /// <summary>
    /// What the guest reads; null for nothing. The device starts to read when the guest has opened the port, and reads as the guest takes
    /// it, plus a bounded amount ahead. The end of the stream is no event: nothing more comes.
    /// </summary>
    public Stream? Input { get; init; }

    /// <summary>
    /// Where the guest writes to; null to discard. A slow stream slows the guest down. A stream that fails is not used again, and what the
    /// guest writes is discarded from then on.
    /// </summary>
    public Stream? Output { get; init; }

    /// <summary>
    /// Whether the first port is a console: <c>/dev/hvcN</c> in a Linux guest. Otherwise it is a port like those in <see cref="Ports"/>. A
    /// driver that does not accept VIRTIO_CONSOLE_F_MULTIPORT takes it for a console in any case.
    /// </summary>
    public bool IsConsole { get; init; } = true;

    /// <summary>The name of the first port, as for <see cref="ConsolePortOptions.Name"/>; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>Columns of the terminal at first; 0 where it has no size.</summary>
    public ushort Columns { get; init; }

    /// <summary>Rows of the terminal at first; 0 where it has no size.</summary>
    public ushort Rows { get; init; }

    /// <summary>
    /// Further ports, numbered from 1. A driver that does not accept VIRTIO_CONSOLE_F_MULTIPORT does not see them.
    /// <see cref="ConsoleDevice.AddPort"/> adds more later.
    /// </summary>
    public IReadOnlyList<ConsolePortOptions> Ports { get; init; } = [];

    /// <summary>
    /// How many ports the device can have at a time, the first one included, from 1 to <see cref="PortCountLimit"/>; by default as many as
    /// there are at first. Each takes two queues, and a thread of this process for each queue.
    /// </summary>
    public int? MaxPortCount { get; init; }

    /// <summary>What is offered of its rings: see <see cref="IVirtioDevice.RingFeatures"/>.</summary>
    public VirtioFeatures RingFeatures { get; init; } = VirtioFeatures.RingDefault;

    /// <summary>
    /// How long input is held back from a driver that does not accept VIRTIO_CONSOLE_F_MULTIPORT, from its start until its first output.
    /// Such a driver cannot say when it is ready, and Linux drops what arrives before it has registered the console. A driver that accepts
    /// the feature reports a port as open, and this time has no effect.
    /// </summary>
    public TimeSpan InputHold { get; init; } = TimeSpan.FromSeconds(1);
}
