using Microsoft.Extensions.Logging;
using Virtio.Cli.Arguments;
using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Linux;
using Virtio.Storage;

namespace Virtio.Cli;

/// <summary>Opens the disks of the command line, and warns where the guest would see something else than the user expects.</summary>
internal static class DiskOpening
{
    internal static async ValueTask<IVirtioDevice> OpenAsync(DiskSpec spec, int queues, ILogger logger, CancellationToken cancellationToken)
    {
        IBlockStorage storage = await OpenStorageAsync(spec, logger, cancellationToken);
        try
        {
            var options = new BlockDeviceOptions
            {
                ReadOnly = spec.ReadOnly,
                SerialNumber = spec.Id,
                Queues = queues,
                RingFeatures = spec.Ring.Features,
            };
            var device = new BlockDevice(storage, spec.Ring.Size is { } size ? options with { QueueSize = size } : options);
            await CheckAsync(spec, storage, device, cancellationToken);
            return device;
        }
        catch
        {
            await storage.DisposeAsync();
            throw;
        }
    }

    private static async ValueTask<IBlockStorage> OpenStorageAsync(DiskSpec spec, ILogger logger, CancellationToken cancellationToken)
    {
        var file = new FileStorageOptions { ReadOnly = spec.ReadOnly, Shared = spec.Shared, Logger = logger };
        if (spec.Kind is DiskKind.File or DiskKind.MappedFile)
            RefuseOtherFiles(spec);
        return spec.Kind switch
        {
            DiskKind.Memory => new MemoryStorage(spec.Size),
            DiskKind.Http => await HttpStorage.OpenAsync(new Uri(spec.Place), OptionsOf(spec, logger), cancellationToken),
            DiskKind.MappedFile => OperatingSystem.IsLinux()
                ? MappedFileStorage.Open(spec.Place, file)
                : throw new CommandException($"{spec.Origin}: files are mapped on Linux only"),
            _ => FileStorage.Open(spec.Place, file),
        };
    }

    private static HttpStorageOptions OptionsOf(DiskSpec spec, ILogger logger) =>
        new() { Logger = logger, AllowUnvalidated = spec.Unvalidated, AllowUnvalidatedHint = "add ',unvalidated' to the disk" };

    // Checked before the file is opened: opening a FIFO waits for the other end, and no signal ends that.
    private static void RefuseOtherFiles(DiskSpec spec)
    {
        FileKind kind = FileKinds.Of(spec.Place);
        if (kind is FileKind.Fifo or FileKind.Socket or FileKind.CharacterDevice or FileKind.Directory)
        {
            throw new CommandException(
                $"{spec.Origin}: '{spec.Place}' is {FileKinds.Describe(kind)}; a disk needs a regular file or a block device");
        }
    }

    private static async ValueTask CheckAsync(DiskSpec spec, IBlockStorage storage, BlockDevice device, CancellationToken cancellationToken)
    {
        string length = $"{spec.Origin}: its length, {storage.Length} bytes, is";
        if (device.SectorCount == 0)
        {
            throw new CommandException(
                $"{length} less than a sector of {BlockDevice.SectorSize} bytes; make it longer, as in: truncate -s 1G FILE");
        }

        if (device.UnusedByteCount > 0)
        {
            StandardError.WriteWarning(
                $"{length} no multiple of {BlockDevice.SectorSize}; the guest does not see the last {device.UnusedByteCount} bytes");
        }

        if (spec.Kind == DiskKind.Memory)
            return;
        if (await DiskFormats.RecogniseAsync(storage, Address.ForMessages(spec.Place), cancellationToken) is { } found)
            StandardError.WriteWarning($"{spec.Origin}: {found}");
    }
}
