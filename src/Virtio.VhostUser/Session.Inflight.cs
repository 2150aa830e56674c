using Virtio.Queues;
using Virtio.VhostUser.Inflight;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <content>What is in flight, kept where it outlives this process.</content>
internal sealed partial class Session
{
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
            throw new ProtocolException($"nothing is in flight in {queues} rings of {size}");
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

        // As long as the question: some have padding at its end, and look at the length.
        answer.Take(message.Payload.Length - answer.Length).Clear();
        answer.Descriptor = file.File;
        return true;
    }

    /// <summary>The same ring with its record: where it stands, and what is served first, are what the record says.</summary>
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
