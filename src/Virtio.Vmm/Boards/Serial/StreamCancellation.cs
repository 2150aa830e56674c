namespace Virtio.Vmm.Boards.Serial;

/// <summary>Cancels the operation of a host's stream.</summary>
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
            // An exception of the stream, which is abandoned in any case.
        }
    }
}
