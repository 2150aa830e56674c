using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Devices;
using Virtio.Linux;
using Virtio.Queues;
using Virtio.VhostUser.Inflight;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// Serves a ring in place of its back-end, and fails each request, those first that are in flight by the record. It keeps the record itself meanwhile, from which the next
/// back-end goes on.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class FailingQueue : IDisposable
{
    private readonly DescriptorWatch _watch;
    private readonly SafeFileHandle _kick;
    private readonly InflightFile _file;
    private readonly ProcessSignal _signal = new();
    private readonly QueueWorker _worker;

    /// <summary>Begins where the ring and its record say.</summary>
    /// <param name="name">Of its thread.</param>
    /// <param name="queue">The driver's queue, which no back-end serves.</param>
    /// <param name="state">Where the ring stands if nothing is recorded.</param>
    /// <param name="kick">The driver's notifications: an eventfd.</param>
    /// <param name="context">Of the device, with a record.</param>
    /// <exception cref="ProtocolException">The ring or the record is not what it must be.</exception>
    internal FailingQueue(string name, Virtqueue queue, QueueState state, SafeFileHandle kick, FailingContext context)
    {
        (_watch, _kick) = (context.Watch, kick);
        InflightShare share = context.Record!;
        _file = InflightFile.Map(share.File, share.Offset, share.Length, share.Queues);
        try
        {
            QueueConfig config = queue.Config with { State = state };
            InflightRecord record = _file.RecordOf(config, queue.Memory) ?? throw new ProtocolException($"the record of queue {queue.Index} is too short");
            (QueueState recorded, IReadOnlyList<UnfinishedChain> unfinished) = record.Recover(state);
            config = config with { State = recorded, Journal = record, Unfinished = unfinished };
            if (!Virtqueue.TryCreate(config, queue.Memory, queue.Interrupt, _signal, out Virtqueue? failing))
                throw new ProtocolException($"queue {queue.Index} does not lie where it can be served");
            _watch.AddEvent(kick, _signal.Set);
            _worker = QueueWorker.Start(name, failing!, context.Activation, FailedRequest.Complete);
        }
        catch
        {
            _file.Dispose();
            throw;
        }

        // What was in flight with the back-end that died has had no kick since.
        _signal.Set();
    }

    public void Dispose()
    {
        _watch.Remove(_kick);

        // Requests fail where they are taken, so that none is left in flight.
        _worker.Stop();
        _signal.Dispose();
        _file.Dispose();
    }
}
