using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>How a device is served to front-ends.</summary>
public sealed record VhostUserServerOptions
{
    /// <summary>
    /// Offers the packed ring, if the device does. Off by default: of the known front-ends only QEMU sets up packed rings as the standard
    /// has them.
    /// </summary>
    public bool Packed { get; init; }

    /// <summary>
    /// The longest time that a queue's thread polls for more requests before it sleeps; it polls less where that does not pay. 32 us by
    /// default, as in QEMU's own devices. Zero disables polling.
    /// </summary>
    public TimeSpan PollTime { get; init; } = TimeSpan.FromMicroseconds(32);

    /// <summary>
    /// How long a message that stops a ring (GET_VRING_BASE, other memory, status 0, …) waits for the requests under way; 3 s by default,
    /// at least zero. After that they are cancelled, and the guest gets errors for them before the message is answered. A front-end such as
    /// QEMU stands still until the answer. Where requests do not end within 5 s of their cancellation, the connection ends.
    /// </summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Permissions of the socket that <see cref="VhostUserServer.Listen"/> makes, 0 to 0777; 0600 by default. A front-end needs write
    /// permission to connect. The permissions are set before the socket listens, and the process's umask does not apply.
    /// </summary>
    public UnixFileMode SocketMode { get; init; } = UnixListening.OwnerOnly;

    /// <summary>
    /// Name or number of the socket's group; null for the group that the process or the folder gives it. Set before the socket listens.
    /// </summary>
    public string? SocketGroup { get; init; }

    /// <summary>
    /// Receives the log messages of the server and the device. What a front-end or its guest can cause is logged a bounded number of times.
    /// </summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>How long cancelled requests may take to end before the connection ends without them.</summary>
    internal TimeSpan CancelTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Protocol features that are not offered.</summary>
    internal ProtocolFeatures Withheld { get; init; }

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(DrainTime, TimeSpan.Zero, nameof(DrainTime));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(DrainTime, TimeSpan.FromDays(1), nameof(DrainTime));
    }
}
