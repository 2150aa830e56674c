using System.Runtime.Versioning;
using Virtio.Devices;
using Virtio.Linux;
using Virtio.Queues;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser;

/// <summary>
/// A queue whose requests are passed on to a back-end that keeps no record of what is in flight, through a ring of this process's own. This process knows which requests are in
/// flight, and offers them to the next back-end when one dies. The guest's ring alone does not tell: a back-end may use requests in any order, and the available ring
/// overwrites the entries of old ones. Data is not copied; a request costs one wake of a thread here on its way, and one on its way back.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class RelayedQueue : RemoteQueue
{
    // Between the worker, which takes the driver's requests, and the thread that learns of used ones. Held for the time of one request, or to change the back-end.
    private readonly Lock _gate = new();
    private readonly EventSignal _kick = new();
    private readonly Action<Exception> _lose;
    private readonly List<RelayPiece> _pieces = [];

    // By head of the relay ring: the chain in flight, and its number in order of taking. Under the lock.
    private readonly DescriptorChain?[] _chains;
    private readonly ulong[] _numbers;
    private readonly QueueWorker _worker;
    private RelayRing _ring;
    private ulong _count;
    private bool _isStopped;
    private bool _isFailing;

    /// <summary>Begins to take requests at once, whether or not there is a back-end yet.</summary>
    /// <param name="name">Of its thread.</param>
    /// <param name="queue">The driver's.</param>
    /// <param name="activation">The device's.</param>
    /// <param name="ring">Empty.</param>
    /// <param name="lose">Called when what the back-end wrote makes no sense.</param>
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

    /// <summary>Moves to another ring, in which all requests in flight are offered again, oldest first. Those that the back-end before has finished are completed.</summary>
    internal void MoveTo(RelayRing ring)
    {
        lock (_gate)
        {
            // While requests failed, all of them were completed.
            try
            {
                Collect();
            }
            catch (ProtocolException)
            {
                // The back-end that wrote this is gone, and nothing behind it is believed.
            }

            DescriptorChain[] inFlight = [.. Enumerable.Range(0, _chains.Length).Where(head => _chains[head] is not null).OrderBy(head => _numbers[head]).Select(head => _chains[head]!)];
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

            // The next back-end gets another ring; of this one nothing is collected any more.
            Array.Clear(_chains);
        }
    }

    // MoveTo ends it: until there is another ring, requests fail.
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

    // The queue's worker interrupts the driver for what it completes, and has lost nothing.
    internal override void Resumed() => _kick.Set();

    protected override void Stop()
    {
        Called();

        // From here on completions reach no ring, so that the chains can be given up.
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

        // The rings are of one size and a request takes no more descriptors here than in the driver's ring, so that there is room; a chain of nothing is no request.
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

            // A descriptor that crosses pieces of memory was cut here, and is one again.
            if (_pieces.Count > 0 && _pieces[^1] is var last && last.IsWritable == isWritable && last.Address + last.Length == address && last.Length + (ulong)length <= int.MaxValue)
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
