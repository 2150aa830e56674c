using Microsoft.Extensions.Logging;
using Virtio.Cli.Arguments;
using Virtio.Vmm;

namespace Virtio.Cli;

/// <summary>
/// The kernel and the initial ramdisks of a run. Those given as URLs are downloaded; the downloads are deleted on disposal.
/// </summary>
internal sealed class BootFiles : IAsyncDisposable
{
    // The memory that the larger programs of the guest image need.
    private const long MemoryForTools = 256L << 20;

    private readonly List<FileStream> _downloads = [];

    private BootFiles()
    {
    }

    internal BootSource Kernel { get; private set; } = null!;

    internal IReadOnlyList<BootSource> Initrd { get; private set; } = [];

    /// <summary>The kernel parameters: those of the image, those of the disks, then those of the user.</summary>
    internal string CommandLine { get; private set; } = "";

    /// <exception cref="CommandException">A file is missing, or a download failed.</exception>
    internal static async Task<BootFiles> PrepareAsync(RunOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        var files = new BootFiles();
        try
        {
            GuestImage? image = options.Kernel is null ? FindImage(options.Machine) : null;
            files.Kernel = image?.Kernel ?? await files.GetAsync("--kernel", options.Kernel!, logger, cancellationToken);
            IReadOnlyList<BootSource> initrd = options.Initrd.Count > 0
                ? await files.GetAllAsync("--initrd", options.Initrd, logger, cancellationToken)
                : InitrdOf(image, options.Memory);
            var guest = new GuestImage(files.Kernel, initrd, []) { Modules = image?.Modules };
            files.Initrd = await files.AddAsync(options, guest, logger, cancellationToken);
            string?[] parameters = [image?.CommandLine, options.FormatParameters, options.CommandLine];
            files.CommandLine = string.Join(' ', parameters.Where(part => !string.IsNullOrEmpty(part)));
            return files;
        }
        catch
        {
            await files.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (FileStream download in _downloads)
            await download.DisposeAsync();
    }

    private static IReadOnlyList<BootSource> InitrdOf(GuestImage? image, long memory) =>
        image is null ? [] : memory < MemoryForTools ? image.Initrd : [.. image.Initrd, .. image.Tools];

    private static GuestImage FindImage(MicroVmMachine machine)
    {
        try
        {
            return GuestImage.Find(machine);
        }
        catch (FileNotFoundException e)
        {
            throw new CommandException($"{e.Message}; or name a kernel of your own with --kernel", e);
        }
    }

    private async Task<IReadOnlyList<BootSource>> GetAllAsync(
        string option, IReadOnlyList<string> places, ILogger logger, CancellationToken cancellationToken)
    {
        var sources = new List<BootSource>();
        foreach (string place in places)
            sources.Add(await GetAsync(option, place, logger, cancellationToken));
        return sources;
    }

    /// <summary>The ramdisks of a guest, and one more with the files and modules of the command line.</summary>
    private async Task<IReadOnlyList<BootSource>> AddAsync(
        RunOptions options, GuestImage guest, ILogger logger, CancellationToken cancellationToken)
    {
        if (options.Files.Count + options.Modules.Count > 0 && guest.Initrd.Count == 0)
        {
            string option = options.Files.Count > 0 ? "--file" : "--module";
            throw new CommandException($"{option} adds to an initial ramdisk, and there is none; give one with --initrd");
        }

        if (options.Modules.Count > 0 && guest.Modules is null)
        {
            throw new CommandException(options.Kernel is null
                ? "--module: the guest image has no modules; './build guest' makes one that has"
                : "--module takes modules of the guest image's kernel; with --kernel, give an archive of its modules with --initrd");
        }

        foreach (FileSpec file in options.Files)
            guest = guest.WithFile(await GetAsync("--file", file.Host, logger, cancellationToken), file.Guest, file.Mode);
        return options.Modules.Count > 0 ? guest.WithModules(options.Modules).Initrd : guest.Initrd;
    }

    private async Task<BootSource> GetAsync(string option, string place, ILogger logger, CancellationToken cancellationToken)
    {
        if (!Address.IsUrl(place))
            return BootSource.FromFile(place);
        Uri url = Address.Parse(option, place);
        FileStream download = await Download.StartAsync(option, url, logger, cancellationToken);
        _downloads.Add(download);
        return BootSource.FromStream(
            () => new FileStream(download.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite), Address.ForMessages(url));
    }
}
