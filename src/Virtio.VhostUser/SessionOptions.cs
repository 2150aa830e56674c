using Microsoft.Extensions.Logging;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>How a device is served to a front-end.</summary>
/// <param name="Packed">Offers the packed ring.</param>
/// <param name="PollTime">How long workers poll for more requests before they sleep.</param>
/// <param name="DrainTime">How long a message that stops rings waits for requests before they are cancelled.</param>
/// <param name="CancelTime">How long cancelled requests may take to end.</param>
/// <param name="Logger">Receives the log messages.</param>
internal sealed record SessionOptions(bool Packed, TimeSpan PollTime, TimeSpan DrainTime, TimeSpan CancelTime, ILogger Logger)
{
    /// <summary>Protocol features that are not offered; tests use it to imitate other back-ends.</summary>
    internal ProtocolFeatures Withheld { get; init; }
}
