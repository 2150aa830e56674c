using Microsoft.Win32.SafeHandles;

namespace Virtio.VhostUser;

/// <summary>A ring for a back-end to serve.</summary>
internal sealed record RingSetup
{
    internal required int Index { get; init; }

    /// <summary>Number of descriptors.</summary>
    internal required uint Size { get; init; }

    /// <summary>Where to begin, as <see cref="RingBase"/> has it.</summary>
    internal required uint Base { get; init; }

    /// <summary>Where the three areas lie in this process, within memory that is shared.</summary>
    internal required nint Descriptors { get; init; }

    internal required nint Driver { get; init; }

    internal required nint Device { get; init; }

    /// <summary>The driver's notifications: an eventfd.</summary>
    internal required SafeFileHandle Kick { get; init; }

    /// <summary>The device's.</summary>
    internal required SafeFileHandle Call { get; init; }

    /// <summary>Says that the ring is broken.</summary>
    internal required SafeFileHandle Error { get; init; }
}
