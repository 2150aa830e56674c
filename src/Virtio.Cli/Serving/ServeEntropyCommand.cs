using System.CommandLine;
using Virtio.Cli.Arguments;
using Virtio.Devices.Entropy;

namespace Virtio.Cli.Serving;

/// <summary><c>virtio serve entropy</c>.</summary>
internal sealed class ServeEntropyCommand() : ServeDeviceCommand("entropy", "serves random bytes", """{"type": "rng"}""", hasQueues: false)
{
    internal override ServedDevice Read(ParseResult result)
    {
        ServeOptions options = ReadOptions(result);
        RingSpec ring = RingSpec.Served.With("serve entropy", options.Ring);
        return new ServedDevice(
            options, ring, (_, _) => ValueTask.FromResult(new OpenDevice(new EntropyDevice { RingFeatures = ring.Features })));
    }
}
