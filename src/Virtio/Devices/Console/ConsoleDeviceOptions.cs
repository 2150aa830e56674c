namespace Virtio.Devices.Console;

/// <summary>The other end of a console. The streams stay the caller's: the device never disposes them.</summary>
public sealed record ConsoleDeviceOptions
{
    /// <summary>
    /// What the guest reads; null for nothing. Read only as the guest takes it, plus a bounded amount ahead. Its end is no event: nothing more comes.
    /// </summary>
    public Stream? Input { get; init; }

    /// <summary>
    /// Where the guest writes to; null to discard. A slow stream slows the guest down; one that fails is given up, once and for all, and the rest discarded.
    /// </summary>
    public Stream? Output { get; init; }

    /// <summary>Columns of the terminal at first; 0 where it has no size.</summary>
    public ushort Columns { get; init; }

    /// <summary>What is offered of its rings: see <see cref="IVirtioDevice.RingFeatures"/>.</summary>
    public VirtioFeatures RingFeatures { get; init; } = VirtioFeatures.RingDefault;

    /// <summary>Rows of the terminal at first; 0 where it has no size.</summary>
    public ushort Rows { get; init; }

    /// <summary>
    /// How long input is held back from a driver that has just started and has written nothing yet. Linux throws away what arrives while it is still
    /// registering the console, and says nothing when it is done; silence after its first output is the sign that it is.
    /// </summary>
    public TimeSpan InputHold { get; init; } = TimeSpan.FromSeconds(1);
}
