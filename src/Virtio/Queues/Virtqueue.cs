using System.Diagnostics.CodeAnalysis;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>
/// The device's side of one queue (virtio 1.4, 2.6 to 2.8), whatever its layout. It belongs to one thread, that of its worker;
/// only <see cref="DescriptorChain.Complete(uint)"/> may be called from elsewhere.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without a timer or a wait handle holds nothing to dispose.")]
public sealed partial class Virtqueue
{
    /// <summary>The largest queue the standard allows.</summary>
    public const int MaximumSize = 32768;

    // Each thread that queues belong to has one of its own: looking at it costs a fraction of asking for the thread's number.
    [ThreadStatic]
    private static object? _mark;

    private readonly GuestMemory _memory;
    private readonly RingLayout _ring;
    private readonly UsedOrder? _order;
    private readonly Action _interrupt;
    private DescriptorChain[] _free = new DescriptorChain[8];
    private int _freeCount;
    private CompletedChains _completed;
    private object _owner = new();
    private int _outstanding;
    private bool _kicksSuppressed;
    private bool _batchPending;

    private Virtqueue(QueueConfig config, GuestMemory memory, RingLayout ring, Action interrupt, QueueSignal signal)
    {
        Index = config.Index;
        Size = (int)config.Size;
        _memory = memory;
        _ring = ring;
        _order = config.Features.HasFlag(VirtioFeatures.InOrder) ? new UsedOrder(ring) : null;
        _interrupt = interrupt;
        Signal = signal;
    }

    /// <summary>Index of the queue in its device.</summary>
    public int Index { get; }

    /// <summary>Number of descriptors in the ring.</summary>
    public int Size { get; }

    /// <summary>Chains that broke a rule and were completed with length 0, since the queue was created.</summary>
    public long MalformedChains { get; private set; }

    /// <summary>The ring contradicts itself; nothing more is taken from it until the driver resets the device.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Chains taken and not yet given back.</summary>
    public int Outstanding => _outstanding;

    /// <summary>Cancelled when the queue is being stopped: pass it to whatever a request waits for.</summary>
    public CancellationToken Stopping => _stopping.Token;

    internal QueueSignal Signal { get; }

    /// <summary>How long its worker looks for more requests before it sleeps; zero for not at all.</summary>
    internal TimeSpan PollTime { get; set; }

    /// <summary>The driver wants to be told of what was published, and was not.</summary>
    internal bool IsInterruptDue { get; private set; }

    /// <summary>Takes chains: neither halted nor being drained nor broken.</summary>
    internal bool IsRunning => !_halted && !_draining && !IsBroken;

    /// <summary>Where to go on with the ring. For whoever has drained and stopped the queue.</summary>
    internal QueueState State => _ring.State;

    /// <summary>Whether a look at the queue would be worth it: a request, a completion of another thread's, or its end.</summary>
    internal bool HasNews => !IsRunning || _completed.Any || _ring.HasAvailable;

    /// <summary>Makes a running queue of what the driver configured.</summary>
    /// <param name="config">What the driver wrote.</param>
    /// <param name="memory">Guest RAM.</param>
    /// <param name="interrupt">Raises the used-buffer notification; called on the queue's thread.</param>
    /// <param name="signal">Wakes the queue's worker; the transport's, which reuses it for the next queue in this place.</param>
    /// <param name="queue">The queue.</param>
    /// <returns>False when the size is not allowed or an area is unaligned or not RAM.</returns>
    internal static bool TryCreate(QueueConfig config, GuestMemory memory, Action interrupt, QueueSignal signal, out Virtqueue? queue)
    {
        RingLayout? ring = config.Size is 0 or > MaximumSize ? null : RingLayout.Create(memory, config);
        queue = ring is null ? null : new Virtqueue(config, memory, ring, interrupt, signal);
        return queue is not null;
    }

    /// <summary>
    /// Takes the next request. Malformed ones are given back with length 0 on the way, at most one ring full of them in a call.
    /// </summary>
    public bool TryDequeue(out DescriptorChain chain)
    {
        chain = null!;
        for (int attempts = 0; attempts < Size && IsRunning; attempts++)
        {
            DescriptorChain candidate = TakeFree();
            TakeResult result = _ring.TryTake(candidate);
            if (result == TakeResult.Taken)
            {
                candidate.Taken = true;
                _outstanding = unchecked(_outstanding + 1);
                _order?.Add(candidate, malformed: false);
                chain = candidate;
                return true;
            }

            if (result == TakeResult.Malformed)
                ReturnMalformed(candidate);
            else
                PutFree(candidate);
            IsBroken = result == TakeResult.Broken;
            if (result == TakeResult.Empty)
                return false;
        }

        return false;
    }

    /// <summary>
    /// Ends a batch: gives back the chains that other threads completed, and tells the driver of all that it was not told of, with at most one interrupt.
    /// Returns whether there were any.
    /// </summary>
    public bool Publish()
    {
        bool any = PublishUntold();
        Tell();
        return any;
    }

    /// <summary>The same without the interrupt, which is then due if the driver wants one.</summary>
    internal bool PublishUntold()
    {
        // Nearly always there is none, and an exchange costs as much as all the rest. One that comes a moment later sets the signal.
        if (_completed.Any)
            PutCompleted();
        if (_halted || IsBroken)
            return false;
        if (_order is not null)
            _batchPending |= _order.PutFinished(PutFree);
        bool any = _batchPending;
        _batchPending = false;
        if (any)
            IsInterruptDue |= _ring.Publish();

        // Whoever waits for this halts the queue next, and then nobody would be told.
        if (_draining && _outstanding == 0)
        {
            Tell();
            NoteDrained();
        }

        return any;
    }

    /// <summary>Interrupts the driver if that is due.</summary>
    internal void Tell()
    {
        if (!IsInterruptDue)
            return;
        IsInterruptDue = false;
        if (!_halted)
            _interrupt();
    }

    /// <summary>Tells the driver that kicks are not needed for now.</summary>
    public void SuppressKicks()
    {
        if (_kicksSuppressed || _halted)
            return;
        _kicksSuppressed = true;
        _ring.SuppressKicks();
    }

    /// <summary>Asks for kicks again. True when requests arrived meanwhile, for which no kick will come: look again before waiting.</summary>
    public bool RequestKicks()
    {
        if (!IsRunning)
            return false;
        _kicksSuppressed = false;
        return _ring.RequestKicks();
    }

    /// <summary>The driver's kick: wakes the worker. Thread-safe.</summary>
    internal void Kick() => Signal.Set();

    internal void BindToCurrentThread() => _owner = _mark ??= new object();

    internal void Complete(DescriptorChain chain)
    {
        if (!chain.Taken)
            throw new InvalidOperationException("the chain was completed before");
        chain.Taken = false;
        if (_owner == _mark)
        {
            Put(chain);
            return;
        }

        _completed.Add(chain);
        Signal.Set();
    }

    private DescriptorChain TakeFree()
    {
        int last = unchecked(_freeCount - 1);
        if (last < 0)
            return new DescriptorChain(this, _memory);
        _freeCount = last;
        return _free[last];
    }

    private void PutFree(DescriptorChain chain)
    {
        int count = _freeCount;
        if (count == _free.Length)
            Array.Resize(ref _free, count * 2);

        // The one taken last mostly comes back first: then it is still there, which saves the collector's write barrier.
        if (_free[count] != chain)
            _free[count] = chain;
        _freeCount = unchecked(count + 1);
    }

    private void PutCompleted()
    {
        for (DescriptorChain? chain = _completed.Take(); chain is not null;)
        {
            DescriptorChain? next = chain.NextCompleted;
            Put(chain);
            chain = next;
        }
    }

    private void Put(DescriptorChain chain)
    {
        _outstanding = unchecked(_outstanding - 1);
        chain.NextCompleted = null;
        if (_order is not null)
        {
            chain.Finished = true;
            return;
        }

        PutFree(chain);
        if (_halted || IsBroken)
            return;
        PutUsed(chain, chain.CompletedLength);
    }

    private void ReturnMalformed(DescriptorChain chain)
    {
        MalformedChains++;
        chain.CompletedLength = 0;
        if (_order is not null)
        {
            _order.Add(chain, malformed: true);
            return;
        }

        PutUsed(chain, 0);
        PutFree(chain);
    }

    private void PutUsed(DescriptorChain chain, uint written)
    {
        _ring.PutUsed(chain.Id, written, 1, chain.RingDescriptors);
        _batchPending = true;
    }
}
