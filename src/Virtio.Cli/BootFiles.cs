using Virtio.Cli.Arguments;
using Virtio.Vmm;

namespace Virtio.Cli;

/// <summary>The kernel and the initial ramdisks of a run, downloaded where they are URLs; downloads last until disposal.</summary>
internal sealed class BootFiles : IAsyncDisposable
{
    // The larger programs of the guest image want this much memory.
    private const long MemoryForTools = 256L << 20;

    private readonly List<FileStream> _downloads = [];

    private BootFiles()
    {
    }

    internal BootSource Kernel { get; private set; } = null!;

    internal IReadOnlyList<BootSource> Initrd { get; private set; } = [];

    /// <summary>The image's own kernel parameters, those of the disks, then the user's.</summary>
    internal string CommandLine { get; private set; } = "";

    /// <exception cref="CommandException">A file is missing, or a download failed.</exception>
    internal static async Task<BootFiles> PrepareAsync(RunOptions options, CancellationToken cancellationToken)
    {
        var files = new BootFiles();
        try
        {
            GuestImage? image = options.Kernel is null ? FindImage(options.Machine) : null;
            files.Kernel = image?.Kernel ?? await files.GetAsync("--kernel", options.Kernel!, cancellationToken);
            files.Initrd = options.Initrd is { } initrd ? [await files.GetAsync("--initrd", initrd, cancellationToken)] : InitrdOf(image, options.Memory);
            files.CommandLine = string.Join(' ', ((string?[])[image?.CommandLine, options.FormatParameters, options.CommandLine]).Where(part => !string.IsNullOrEmpty(part)));
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

    private async Task<BootSource> GetAsync(string option, string place, CancellationToken cancellationToken)
    {
        if (!Address.IsUrl(place))
            return BootSource.FromFile(place);
        Uri url = Address.Parse(option, place);
        FileStream download = await Download.StartAsync(option, url, cancellationToken);
        _downloads.Add(download);
        return BootSource.FromStream(() => new FileStream(download.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite), Address.ForMessages(url));
    }
}
