using Virtio.Cli.Arguments;
using Virtio.Devices;
using Virtio.VhostUser;

namespace Virtio.Cli;

/// <summary>Connects to the devices of other processes on the command line.</summary>
internal static class RemoteOpening
{
    /// <exception cref="CommandException">The back-end cannot be connected to, or cannot be used.</exception>
    internal static IVirtioDevice Open(VhostUserSpec spec)
    {
        if (!OperatingSystem.IsLinux())
            throw new CommandException("--vhost-user needs Linux");
        var options = new VhostUserDeviceOptions { Queues = spec.Queues, RingFeatures = spec.Ring.Features };
        try
        {
            return VhostUserDevice.Connect(spec.Id, spec.Socket, spec.Ring.Size is { } size ? options with { QueueSize = size } : options);
        }
        catch (IOException e)
        {
            throw new CommandException($"--vhost-user: {e.Message}", e);
        }
    }
}
