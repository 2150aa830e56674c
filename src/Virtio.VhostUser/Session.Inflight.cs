using Virtio.Queues;
using Virtio.VhostUser.Inflight;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>The in-flight record, in memory that outlives this process.</content>
internal sealed partial class Session
{
    // The current in-flight record; null where the front-end has set none. Owned by the connection's thread.
    private InflightFile? _inflight;

    private bool HandleInflight(Message message, ref MessageReader reader, MessageWriter answer)
    {
        if (message.Request is not (FrontendRequest.GetInflight or FrontendRequest.SetInflight))
            return false;
        ulong length = reader.ReadUInt64();
        ulong offset = reader.ReadUInt64();
        ushort queues = reader.ReadUInt16();
        ushort size = reader.ReadUInt16();
        if (queues == 0 || queues > _rings.Length || size is 0 or > Virtqueue.MaximumSize)
            throw new ProtocolException($"no in-flight record can be made for {queues} rings of {size} descriptors");
        InflightFile file = message.Request == FrontendRequest.GetInflight
            ? InflightFile.Create(queues, size)
            : InflightFile.Open(message.TakeDescriptor(), offset, length, queues);
        try
        {
            StopAll();
        }
        catch (IOException)
        {
            file.Dispose();
            throw;
        }

        _inflight?.Dispose();
        _inflight = file;
        if (message.Request == FrontendRequest.SetInflight)
            return true;
        answer.WriteUInt64(file.Length);
        answer.WriteUInt64(0);
        answer.WriteUInt16(queues);
        answer.WriteUInt16(size);

        // The answer is as long as the request: some front-ends pad the structure and check the length.
        answer.Take(message.Payload.Length - answer.Length).Clear();
        answer.Descriptor = file.File;
        return true;
    }

    /// <summary>
    /// Adds the ring's in-flight record to its configuration. The record gives the ring's position and the chains to serve first.
    /// </summary>
    private QueueConfig WithRecord(QueueConfig ring)
    {
        if (_inflight is not { } file)
            return ring;
        if (file.RecordOf(ring, _memory!) is not { } record)
        {
            VhostUserLog.Unrecorded(_options.Logger, _device.Id, ring.Index, ring.Size);
            return ring;
        }

        (QueueState state, IReadOnlyList<UnfinishedChain> unfinished) = record.Recover(ring.State);
        if (unfinished.Count > 0)
            VhostUserLog.Resumed(_options.Logger, _device.Id, ring.Index, unfinished.Count);
        return ring with { State = state, Journal = record, Unfinished = unfinished };
    }
}
