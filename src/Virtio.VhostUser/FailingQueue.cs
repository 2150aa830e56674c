using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Devices;
using Virtio.Linux;
using Virtio.Queues;
using Virtio.VhostUser.Inflight;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// Serves a ring in place of its back-end and fails every request, those in the in-flight record first. It keeps the record up to date
/// meanwhile, and the next back-end resumes from it.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class FailingQueue : IDisposable
{
    private readonly DescriptorWatch _watch;
    private readonly SafeFileHandle _kick;
    private readonly InflightFile _file;
    private readonly ProcessSignal _signal = new();
    private readonly QueueWorker _worker;

    /// <summary>Starts at the position that the ring and its record give.</summary>
    /// <param name="name">Name of the worker thread.</param>
    /// <param name="queue">The driver's queue, which no back-end serves.</param>
    /// <param name="state">The ring's position if the record is empty.</param>
    /// <param name="kick">The eventfd that the driver's notifications arrive at.</param>
    /// <param name="context">The device's context, with a record.</param>
    /// <exception cref="ProtocolException">The ring or the record is malformed.</exception>
    internal FailingQueue(string name, Virtqueue queue, QueueState state, SafeFileHandle kick, FailingContext context)
    {
        (_watch, _kick) = (context.Watch, kick);
        InflightShare share = context.Record!;
        _file = InflightFile.Map(share.File, share.Offset, share.Length, share.Queues);
        try
        {
            QueueConfig config = queue.Config with { State = state };
            InflightRecord record = _file.RecordOf(config, queue.Memory)
                ?? throw new ProtocolException($"the record of queue {queue.Index} is too short");
            (QueueState recorded, IReadOnlyList<UnfinishedChain> unfinished) = record.Recover(state);
            config = config with { State = recorded, Journal = record, Unfinished = unfinished };
            if (!Virtqueue.TryCreate(config, queue.Memory, queue.Interrupt, _signal, out Virtqueue? failing))
            {
                throw new ProtocolException(
                    $"queue {queue.Index} cannot be served: its size is not allowed, or an area is misaligned or outside of guest memory");
            }

            _watch.AddEvent(kick, _signal.Set);
            _worker = QueueWorker.Start(name, failing!, context.Activation, FailedRequest.Complete);
        }
        catch
        {
            _file.Dispose();
            throw;
        }

        // The driver does not notify again for the chains that the dead back-end had in flight.
        _signal.Set();
    }

    public void Dispose()
    {
        _watch.Remove(_kick);

        // The worker completes each request as it takes it, so none is in flight here.
        _worker.Stop();
        _signal.Dispose();
        _file.Dispose();
    }
}
