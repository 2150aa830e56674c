using Microsoft.Extensions.Logging;
using Virtio.Cli.Arguments;
using Virtio.Storage;

namespace Virtio.Cli;

/// <summary>Downloads a file to a temporary one, with progress on standard error.</summary>
internal static class Download
{
    /// <summary>Downloads a file.</summary>
    /// <param name="option">Name of the option that gave the URL, for messages.</param>
    /// <param name="url">The URL.</param>
    /// <param name="logger">Receives a message for each retry.</param>
    /// <param name="cancellationToken">Stops the download.</param>
    /// <returns>The file, which is deleted when the stream is disposed.</returns>
    /// <exception cref="CommandException">The download failed; the message says why.</exception>
    internal static async Task<FileStream> StartAsync(string option, Uri url, ILogger logger, CancellationToken cancellationToken)
    {
        string path = Path.Combine(Path.GetTempPath(), $"virtio-{Guid.NewGuid():n}");
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, 0, FileOptions.DeleteOnClose);
        try
        {
            var progress = new DownloadProgress(option, Address.ForMessages(url));
            await HttpDownload.CopyAsync(url, file, new HttpStorageOptions { Logger = logger }, progress, cancellationToken);
            await file.FlushAsync(CancellationToken.None);
            progress.Finish();
            return file;
        }
        catch (Exception e)
        {
            await file.DisposeAsync();
            throw e is StorageException ? new CommandException($"{option} {e.Message}", e) : e;
        }
    }
}
