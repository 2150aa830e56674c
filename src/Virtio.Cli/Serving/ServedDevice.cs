using Microsoft.Extensions.Logging;
using Virtio.Cli.Arguments;

namespace Virtio.Cli.Serving;

/// <summary>A device that is to be served.</summary>
/// <param name="Options">Where it meets its front-ends, and how it is served.</param>
/// <param name="Ring">What its rings may be.</param>
/// <param name="OpenAsync">Makes it, and whatever it stands on.</param>
internal sealed record ServedDevice(ServeOptions Options, RingSpec Ring, Func<ILogger, CancellationToken, ValueTask<OpenDevice>> OpenAsync)
{
    /// <summary>It takes standard input and output, which can be had once.</summary>
    internal bool HasStandardStreams { get; init; }
}
