using System.Diagnostics;
using System.Net;
using Virtio.Cli.Arguments;

namespace Virtio.Cli;

/// <summary>Brings a file from the network to a temporary one, with progress on standard error.</summary>
internal static class Download
{
    private const int BufferLength = 128 * 1024;
    private static readonly TimeSpan StallTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ProgressTime = TimeSpan.FromMilliseconds(200);

    /// <summary>Downloads.</summary>
    /// <param name="option">The option that named the URL, for messages.</param>
    /// <param name="url">What to download.</param>
    /// <param name="cancellationToken">Stops the download.</param>
    /// <returns>The file, which is gone once the stream is disposed.</returns>
    /// <exception cref="CommandException">It cannot be downloaded; the message says why.</exception>
    internal static async Task<FileStream> StartAsync(string option, Uri url, CancellationToken cancellationToken)
    {
        string name = Address.ForMessages(url);
        var file = new FileStream(
            Path.Combine(Path.GetTempPath(), $"virtio-{Guid.NewGuid():n}"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, BufferLength, FileOptions.DeleteOnClose);
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            stall.CancelAfter(StallTime);
            using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
            using HttpResponseMessage response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, stall.Token);
            if (response.StatusCode != HttpStatusCode.OK)
                throw new CommandException($"{option} {name}: the server answered {(int)response.StatusCode} {response.ReasonPhrase}; check the URL");
            await CopyAsync(response, file, new DownloadProgress(option, name, response.Content.Headers.ContentLength), stall);
            return file;
        }
        catch (Exception e)
        {
            await file.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw e switch
            {
                CommandException => e,
                OperationCanceledException => new CommandException($"{option} {name}: nothing came for {StallTime.TotalSeconds} seconds; try again", e),
                HttpRequestException or IOException => new CommandException($"{option} {name}: {Reason(e)}", e),
                _ => e,
            };
        }
    }

    private static async Task CopyAsync(HttpResponseMessage response, FileStream file, DownloadProgress progress, CancellationTokenSource stall)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(stall.Token);
        byte[] buffer = new byte[BufferLength];
        var clock = Stopwatch.StartNew();
        progress.Report(0);
        for (int count; (count = await body.ReadAsync(buffer, stall.Token)) > 0;)
        {
            stall.CancelAfter(StallTime);
            await file.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None);
            if (clock.Elapsed < ProgressTime)
                continue;
            progress.Report(file.Position);
            clock.Restart();
        }

        await file.FlushAsync(CancellationToken.None);
        progress.Finish(file.Position);
    }

    // The innermost one names the cause: a name that does not resolve, a refused connection, a bad certificate.
    private static string Reason(Exception e) => e.GetBaseException().Message;
}
