using Microsoft.Extensions.Logging;
using Virtio.Cli.Arguments;

namespace Virtio.Cli.Serving;

/// <summary>A device to be served.</summary>
/// <param name="Options">Where it meets its front-ends, and how it is served.</param>
/// <param name="Ring">The settings of its rings.</param>
/// <param name="OpenAsync">Opens the device and its storage or console.</param>
internal sealed record ServedDevice(ServeOptions Options, RingSpec Ring, Func<ILogger, CancellationToken, ValueTask<OpenDevice>> OpenAsync)
{
    /// <summary>Whether it uses standard input and output, which only one device can.</summary>
    internal bool HasStandardStreams { get; init; }
}
