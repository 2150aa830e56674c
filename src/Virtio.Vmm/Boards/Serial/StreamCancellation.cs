namespace Virtio.Vmm.Boards.Serial;

/// <summary>Cancels what a host's stream is doing.</summary>
internal static class StreamCancellation
{
    /// <summary>Never throws: the end of a machine waits for it.</summary>
    public static async Task CancelAsync(CancellationTokenSource source)
    {
        try
        {
            await source.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException)
        {
            // A fault of the stream's own, which is left behind anyway.
        }
    }
}
