namespace Virtio.Devices.Console;

/// <summary>What a port of a console device is made of. The streams stay the caller's: the device never disposes them.</summary>
public sealed record ConsolePortOptions
{
    /// <summary>
    /// The port's name, from 1 to 64 bytes of UTF-8 without '/' and control characters, and unlike the other names of the device; null for
    /// none. With udev, a Linux guest finds the port at <c>/dev/virtio-ports/NAME</c>.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>What the guest reads: as <see cref="ConsoleDeviceOptions.Input"/>.</summary>
    public Stream? Input { get; init; }

    /// <summary>Where the guest writes to: as <see cref="ConsoleDeviceOptions.Output"/>.</summary>
    public Stream? Output { get; init; }

    /// <summary>Whether the port is a console, with a terminal's line discipline: <c>/dev/hvcN</c> in a Linux guest.</summary>
    public bool IsConsole { get; init; }

    /// <summary>Columns of a console's terminal at first; 0 where it has no size.</summary>
    public ushort Columns { get; init; }

    /// <summary>Rows of a console's terminal at first; 0 where it has no size.</summary>
    public ushort Rows { get; init; }
}
