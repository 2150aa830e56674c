using Microsoft.Win32.SafeHandles;

namespace Virtio.VhostUser;

/// <summary>A ring for a back-end to serve.</summary>
internal sealed record RingSetup
{
    internal required int Index { get; init; }

    /// <summary>Number of descriptors.</summary>
    internal required uint Size { get; init; }

    /// <summary>Where the ring begins, encoded as in <see cref="RingBase"/>.</summary>
    internal required uint Base { get; init; }

    /// <summary>Addresses of the three areas in this process, within shared memory.</summary>
    internal required nint Descriptors { get; init; }

    internal required nint Driver { get; init; }

    internal required nint Device { get; init; }

    /// <summary>The eventfd for the driver's notifications.</summary>
    internal required SafeFileHandle Kick { get; init; }

    /// <summary>The eventfd for the device's interrupts.</summary>
    internal required SafeFileHandle Call { get; init; }

    /// <summary>The eventfd that reports a broken ring.</summary>
    internal required SafeFileHandle Error { get; init; }
}
