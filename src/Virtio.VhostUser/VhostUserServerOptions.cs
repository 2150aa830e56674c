using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Linux;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>How a device is served to front-ends.</summary>
public sealed record VhostUserServerOptions
{
    /// <summary>
    /// Offers the packed ring, if the device does. Off by default: of the front-ends known only QEMU's sets up packed rings as the standard has them.
    /// </summary>
    public bool Packed { get; init; }

    /// <summary>
    /// How long a queue's thread looks for more requests before it sleeps, at most; it gives up where that does not pay. By default 32 us, as QEMU has it for its own
    /// devices. Zero for not at all.
    /// </summary>
    public TimeSpan PollTime { get; init; } = TimeSpan.FromMicroseconds(32);

    /// <summary>
    /// How long a message that stops a ring (GET_VRING_BASE, other memory, status 0, …) waits for the requests under way; 3 s by default, at least zero. Then they are cancelled, and
    /// the guest gets them back as failed ones before the message is answered. A front-end such as QEMU stands still until the answer. Requests that do not end within 5 s of
    /// their cancellation end the connection.
    /// </summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Permissions of the socket that <see cref="VhostUserServer.Listen"/> makes, 0 to 0777; 0600 by default. A front-end needs write permission to connect. They are set
    /// before the socket listens, and the process's umask does not apply.
    /// </summary>
    public UnixFileMode SocketMode { get; init; } = UnixListening.OwnerOnly;

    /// <summary>Name or number of the group of that socket; null for the group that the process or the folder gives it. Set before the socket listens.</summary>
    public string? SocketGroup { get; init; }

    /// <summary>Where the server and the device log. What a front-end or its guest can cause is logged a bounded number of times.</summary>
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
