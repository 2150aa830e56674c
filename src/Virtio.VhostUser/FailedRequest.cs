using Virtio.Queues;

namespace Virtio.VhostUser;

/// <summary>What a driver gets for its requests while there is no back-end.</summary>
internal static class FailedRequest
{
    private const byte IoError = 1; // VIRTIO_BLK_S_IOERR

    /// <summary>Completes a block request as one that failed (virtio 1.4, 5.2.6): its status is the last writable byte.</summary>
    internal static void Complete(DescriptorChain chain)
    {
        ChainWriter writer = chain.Writer;
        long data = writer.Remaining - 1;
        if (data >= 0)
        {
            writer.Advance(data);
            writer.TryWrite([IoError]);
        }

        // The length counts what was written without a gap (virtio 1.4, 2.7.8.2): the status alone, where no data comes before it.
        chain.Complete(data == 0 ? 1U : 0);
    }
}
