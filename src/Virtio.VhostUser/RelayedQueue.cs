using System.Runtime.Versioning;
using Virtio.Devices;
using Virtio.Linux;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// A queue whose requests are passed on to a back-end that keeps no in-flight record, through a ring of this process. This process knows
/// which requests are in flight, and offers them to the next back-end when one dies. The guest's ring alone does not tell which they are: a
/// back-end may complete requests in any order, and the driver overwrites old entries of the available ring. Data is not copied. Each
/// request wakes a thread of this process twice, on its way to the back-end and back.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class RelayedQueue : RemoteQueue
{
    // Shared by the worker, which takes the driver's requests, and by the watch thread, which completes used ones. Held for one request, or
    // to change the back-end.
    private readonly Lock _gate = new();
    private readonly EventSignal _kick = new();
    private readonly Action<Exception> _lose;

    // The parts of the request that is being placed. Under _gate.
    private readonly List<RelayPiece> _pieces = [];

    // By head of the relay ring: the chain in flight, and its number in the order of taking. Under _gate.
    private readonly DescriptorChain?[] _chains;
    private readonly ulong[] _numbers;
    private readonly QueueWorker _worker;

    // The ring that is shared with the current back-end. Under _gate.
    private RelayRing _ring;

    // Number of requests placed so far. Under _gate.
    private ulong _count;

    // Stop was called: no request is placed or collected any more. Under _gate.
    private bool _isStopped;

    // Requests fail, because the back-end stays away. Under _gate.
    private bool _isFailing;

    /// <summary>Starts to take requests at once, with or without a back-end.</summary>
    /// <param name="name">Name of the worker thread.</param>
    /// <param name="queue">The driver's queue.</param>
    /// <param name="activation">The device's activation.</param>
    /// <param name="ring">An empty ring.</param>
    /// <param name="lose">Called when the back-end has written a malformed used ring.</param>
    internal RelayedQueue(string name, Virtqueue queue, DeviceActivation activation, RelayRing ring, Action<Exception> lose)
        : base(queue)
    {
        _ring = ring;
        _lose = lose;
        _chains = new DescriptorChain?[ring.Size];
        _numbers = new ulong[ring.Size];
        _kick.Share();
        _worker = QueueWorker.Start(name, queue, activation, Offer);
    }

    internal override RingSetup ToSetup(bool isRestart)
    {
        (nint descriptors, nint driver, nint device) = _ring.Places;
        return new RingSetup
        {
            Index = Index,
            Size = (uint)_ring.Size,
            Base = 0,
            Descriptors = descriptors,
            Driver = driver,
            Device = device,
            Kick = _kick.Handle,
            Call = Call.Handle,
            Error = Error.Handle,
        };
    }

    /// <summary>
    /// Moves to another ring. Requests that the last back-end has used are completed; the others are offered again, oldest first.
    /// </summary>
    internal void MoveTo(RelayRing ring)
    {
        lock (_gate)
        {
            // Where requests were failing, none is in flight: Collect does nothing.
            try
            {
                Collect();
            }
            catch (ProtocolException)
            {
                // The last back-end has died. Nothing after the malformed entry can be trusted.
            }

            DescriptorChain[] inFlight =
            [
                .. Enumerable.Range(0, _chains.Length)
                    .Where(head => _chains[head] is not null)
                    .OrderBy(head => _numbers[head])
                    .Select(head => _chains[head]!),
            ];
            Array.Clear(_chains);
            _ring = ring;
            _isFailing = false;
            foreach (DescriptorChain chain in inFlight)
                Place(chain);
        }
    }

    internal override void BeginFailing(FailingContext failing)
    {
        lock (_gate)
        {
            _isFailing = true;
            foreach (DescriptorChain? chain in _chains)
            {
                if (chain is not null)
                    FailedRequest.Complete(chain);
            }

            // The next back-end gets another ring; nothing is collected from this one any more.
            Array.Clear(_chains);
        }
    }

    // Requests fail until MoveTo sets another ring.
    internal override void EndFailing()
    {
    }

    internal override void Called()
    {
        try
        {
            lock (_gate)
                Collect();
        }
        catch (ProtocolException e)
        {
            _lose(e);
        }
    }

    // The queue's worker sends the driver's interrupts itself, so none was lost with the back-end. Only the notification must be repeated.
    internal override void Resumed() => _kick.Set();

    protected override void Stop()
    {
        Called();

        // From here on a completion does not reach the driver's ring, so chains in flight can be completed with length 0.
        Queue.Halt();
        lock (_gate)
        {
            _isStopped = true;
            foreach (DescriptorChain? chain in _chains)
                chain?.Complete(0);
            Array.Clear(_chains);
        }

        _worker.Stop();
        _kick.Dispose();
    }

    private void Offer(DescriptorChain chain)
    {
        bool wantsKick;
        lock (_gate)
        {
            if (_isStopped)
            {
                chain.Complete(0);
                return;
            }

            if (_isFailing)
            {
                FailedRequest.Complete(chain);
                return;
            }

            Place(chain);
            wantsKick = _ring.WantsKick;
        }

        if (wantsKick)
            _kick.Set();
    }

    private void Place(DescriptorChain chain)
    {
        Describe(chain);

        // There is room: the relay ring is as large as the driver's ring, and a request takes no more descriptors here than there. A chain
        // without any data is completed at once.
        if (_pieces.Count == 0 || !_ring.TryOffer(_pieces, out int head))
        {
            chain.Complete(0);
            return;
        }

        _chains[head] = chain;
        _numbers[head] = _count++;
    }

    private void Describe(DescriptorChain chain)
    {
        _pieces.Clear();
        for (int i = 0; i < chain.PieceCount; i++)
        {
            (nint host, int length) = chain.PlaceOf(i);
            bool isWritable = i >= chain.Reading.EndIndex;
            if (!Queue.Memory.TryGetAddress(host, out ulong address))
                continue;

            // The translation splits a descriptor at the border of two memory regions. Parts that are adjacent in guest memory are merged
            // again.
            if (_pieces.Count > 0 && _pieces[^1] is var last && last.IsWritable == isWritable
                && last.Address + last.Length == address && last.Length + (ulong)length <= int.MaxValue)
                _pieces[^1] = last with { Length = last.Length + (uint)length };
            else
                _pieces.Add(new RelayPiece(address, (uint)length, isWritable));
        }
    }

    private void Collect()
    {
        while (!_isStopped && !_isFailing && _ring.TryTake(out int head, out uint written))
        {
            DescriptorChain chain = _chains[head]!;
            _chains[head] = null;
            chain.Complete(written);
        }
    }
}
