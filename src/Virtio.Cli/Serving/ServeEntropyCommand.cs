using System.CommandLine;
using Virtio.Cli.Arguments;
using Virtio.Devices;
using Virtio.Devices.Entropy;

namespace Virtio.Cli.Serving;

/// <summary><c>virtio serve entropy</c>.</summary>
internal sealed class ServeEntropyCommand() : ServeDeviceCommand("entropy", "Serves random bytes.", hasQueues: false)
{
    private protected override Task<int> StartAsync(ParseResult result)
    {
        ServeOptions options = Read(result);
        RingSpec ring = RingSpec.Served.With("serve entropy", options.Ring);
        return new ServeSession(options, ring, (_, _) => ValueTask.FromResult<IVirtioDevice>(new EntropyDevice { RingFeatures = ring.Features })).RunAsync();
    }
}
