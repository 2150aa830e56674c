using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Virtio.Cli.Arguments;
using Virtio.Devices;
using Virtio.VhostUser;

namespace Virtio.Cli.Serving;

/// <summary>One device served, from the command line to the exit status. Whatever ends it, storage is flushed.</summary>
internal sealed class ServeSession(ServeOptions options, RingSpec ring, Func<ILogger, CancellationToken, ValueTask<IVirtioDevice>> open)
{
    private readonly ILogger _logger = new StandardErrorLogger(LogLevel.Information);

    internal async Task<int> RunAsync()
    {
        if (!OperatingSystem.IsLinux())
            throw new CommandException("vhost-user needs Linux; 'virtio run' runs a guest here");
        using var interruption = new Interruption();
        try
        {
            IVirtioDevice device = await open(_logger, interruption.Token);
            using var remeasuring = new DiskRemeasuring(device);
            await using VhostUserServer server = await StartAsync(device);
            await server.Completion.WaitAsync(interruption.Token);
            return ExitStatus.Success;
        }
        catch (OperationCanceledException) when (interruption.ExitStatus is { } status)
        {
            // To be told to end is how a server ends.
            return status == ExitStatus.Terminated ? ExitStatus.Success : status;
        }
    }

    [SupportedOSPlatform("linux")]
    private async Task<VhostUserServer> StartAsync(IVirtioDevice device)
    {
        var how = new VhostUserServerOptions { Packed = ring.Features.HasFlag(VirtioFeatures.RingPacked), Logger = _logger };
        try
        {
            if (options.Socket is not null)
                return VhostUserServer.Listen(device, options.Socket, how);
            if (options.Connect is not null)
                return VhostUserServer.Connect(device, options.Connect, how);
            return VhostUserServer.Inherit(device, Inherited(options.Descriptor!.Value), how);
        }
        catch
        {
            await device.DisposeAsync();
            throw;
        }
    }

    private static Socket Inherited(int descriptor)
    {
        try
        {
            return new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        }
        catch (SocketException e)
        {
            throw new CommandException($"--fd {descriptor}: that descriptor is no socket: {e.Message}", e);
        }
    }
}
