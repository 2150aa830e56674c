using Microsoft.Extensions.Logging;
using Virtio.Cli.Arguments;
using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Linux;
using Virtio.Storage;

namespace Virtio.Cli;

/// <summary>Makes disks of what the command line names.</summary>
internal static class DiskOpening
{
    internal static async ValueTask<IVirtioDevice> OpenAsync(DiskSpec spec, int queues, ILogger logger, CancellationToken cancellationToken)
    {
        var file = new FileStorageOptions { ReadOnly = spec.ReadOnly, Shared = spec.Shared, Logger = logger };
        IBlockStorage storage = spec.Kind switch
        {
            DiskKind.Memory => new MemoryStorage(spec.Size),
            DiskKind.Http => await HttpStorage.OpenAsync(new Uri(spec.Place), new HttpStorageOptions { Logger = logger }, cancellationToken),
            DiskKind.MappedFile => OperatingSystem.IsLinux()
                ? MappedFileStorage.Open(spec.Place, file)
                : throw new CommandException($"--disk {spec.Place},mapped: files are mapped on Linux only"),
            _ => FileStorage.Open(spec.Place, file),
        };
        try
        {
            var options = new BlockDeviceOptions { ReadOnly = spec.ReadOnly, SerialNumber = spec.Id, Queues = queues, RingFeatures = spec.Ring.Features };
            return new BlockDevice(storage, spec.Ring.Size is { } size ? options with { QueueSize = size } : options);
        }
        catch
        {
            await storage.DisposeAsync();
            throw;
        }
    }
}
