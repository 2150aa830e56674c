using Virtio.Queues;

namespace Virtio.VhostUser;

/// <summary>Completes a driver's requests with an error while there is no back-end.</summary>
internal static class FailedRequest
{
    private const byte IoError = 1; // VIRTIO_BLK_S_IOERR

    /// <summary>Completes a block request with VIRTIO_BLK_S_IOERR (virtio 1.4, 5.2.6). The status is the last writable byte.</summary>
    internal static void Complete(DescriptorChain chain)
    {
        ChainWriter writer = chain.Writer;
        long data = writer.Remaining - 1;
        if (data >= 0)
        {
            writer.Advance(data);
            writer.TryWrite([IoError]);
        }

        // The used length covers bytes written without a gap from the first writable one (virtio 1.4, 2.7.8.2): the status counts only
        // where no data precedes it.
        chain.Complete(data == 0 ? 1U : 0);
    }
}
