using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Virtio.Memory;

namespace Virtio.Queues;

/// <summary>
/// The device's side of one queue (virtio 1.4, 2.6 to 2.8), split or packed. It belongs to one thread, its worker's. Only
/// <see cref="DescriptorChain.Complete(uint)"/> may be called from other threads.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A cancellation source without a timer or a wait handle holds nothing to dispose.")]
public sealed partial class Virtqueue
{
    /// <summary>The largest queue the standard allows.</summary>
    public const int MaximumSize = 32768;

    // Number of the current thread; 0 for a thread that has never served a queue. Reading it costs a fraction of reading the runtime's
    // thread id.
    [ThreadStatic]
    private static long _mark;

    // The number given to a thread last. Incremented atomically.
    private static long _lastMark;

    private readonly GuestMemory _memory;
    private readonly RingLayout _ring;
    private readonly PackedRing? _packed;
    private readonly SplitRing? _split;
    private readonly UsedOrder? _order;
    private readonly Action _interrupt;
    private readonly ChainJournal? _journal;
    private readonly Queue<UnfinishedChain>? _unfinished;

    // The first chain object, and the only one while each request is completed before the next is taken. More are made for parallel
    // requests.
    private readonly DescriptorChain _current;

    // A stack of the other chain objects that are free, and their number. The queue's thread.
    private DescriptorChain[] _free = new DescriptorChain[8];
    private int _freeCount;

    // Chains that other threads have completed. Any thread adds, the queue's thread takes.
    private CompletedChains _completed;

    // Every chain object but the first, so that a stop can name those that the device still holds. The queue's thread adds to it, under the
    // list's own lock.
    private readonly List<DescriptorChain> _made = [];

    // The _mark of the queue's thread; -1 before a worker has begun. Written by that thread when it begins; read by any.
    private long _owner = -1;

    // A place on the stack of the queue's thread. Written by that thread when it begins; read by any that completes a chain.
    private StackMark _stack;

    // Chains in flight in other objects than _current. The queue's thread.
    private int _others;

    // The driver was told that no kicks are needed. The queue's thread.
    private bool _kicksSuppressed;

    // When durations were last switched on or off, as a timestamp of Stopwatch. The queue's thread.
    private long _timedSince;

    private Virtqueue(QueueConfig config, GuestMemory memory, RingLayout ring, Action interrupt, QueueSignal signal)
    {
        Config = config;
        Index = config.Index;
        Size = (int)config.Size;
        _memory = memory;
        _ring = ring;
        _packed = ring as PackedRing;
        _split = ring as SplitRing;
        _current = new DescriptorChain(this, memory);
        if (config.Features.HasFlag(VirtioFeatures.InOrder))
        {
            _order = new UsedOrder(ring, PutFree, config.Journal);
            _hindrances = (int)QueueHindrances.InOrder;
        }

        _interrupt = interrupt;
        Signal = signal;
        if (config.Journal is not null)
        {
            _journal = config.Journal;
            _unfinished = new Queue<UnfinishedChain>(config.Unfinished);
            _hindrances |= (int)QueueHindrances.Journaled;
        }
    }

    /// <summary>Index of the queue in its device.</summary>
    public int Index { get; }

    /// <summary>Number of descriptors in the ring.</summary>
    public int Size { get; }

    /// <summary>Malformed chains that were completed with length 0 since the queue was created.</summary>
    public long MalformedChains { get; private set; }

    /// <summary>The ring contradicts itself; nothing more is taken from it until the driver resets the device.</summary>
    public bool IsBroken => Has(QueueHindrances.Broken);

    /// <summary>Chains in flight: taken, and not yet returned to the driver.</summary>
    public int Outstanding => _others + (_current.Progress is ChainProgress.Taken or ChainProgress.Completed ? 1 : 0);

    /// <summary>Cancelled when the queue is being stopped. Pass it to every operation that a request waits for.</summary>
    public CancellationToken Stopping => _stopping.Token;

    internal QueueSignal Signal { get; }

    /// <summary>What the driver configured. A device whose queues another process serves passes it on to that process.</summary>
    internal QueueConfig Config { get; }

    /// <summary>Guest RAM.</summary>
    internal GuestMemory Memory => _memory;

    /// <summary>How long its worker polls for more requests before it sleeps; zero turns polling off.</summary>
    internal TimeSpan PollTime { get; set; }

    /// <summary>How long <see cref="Devices.QueueWorker.Stop"/> waits for the chains that the device holds; infinite by default.</summary>
    internal TimeSpan StopLimit { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Why the queue could not be stopped; normally null. When set, the device may still use the queue's chains and their memory. Written
    /// by the thread that stops the queue.
    /// </summary>
    internal QueueStopException? StopFailure { get; private set; }

    /// <summary>A published batch needs an interrupt that was not sent yet. For the queue's thread.</summary>
    internal bool IsInterruptDue { get; private set; }

    /// <summary>The counters of this queue index, which the transport keeps through resets.</summary>
    internal QueueCounters Counters { get; set; } = new();

    /// <summary>Records the durations of requests; null where they are not measured.</summary>
    internal RequestDuration? Duration { get; set; }

    /// <summary>The queue takes chains: it is not halted, drained or broken.</summary>
    internal bool IsRunning => !Has(QueueHindrances.Halted | QueueHindrances.Draining | QueueHindrances.Broken);

    /// <summary>A drain is under way or finished: no more chains are taken.</summary>
    internal bool IsDraining => Has(QueueHindrances.Draining);

    /// <summary>The position to continue the ring from. Complete once the queue was drained and stopped.</summary>
    internal QueueState State => _ring.State;

    /// <summary>Whether the worker has something to do: a request, a completion from another thread, or the end of the queue.</summary>
    internal bool HasNews => !IsRunning || _completed.Any || _ring.HasAvailable || _unfinished is { Count: > 0 };

    /// <summary>Checks what the driver configured, and makes a running queue of it.</summary>
    /// <param name="config">What the driver wrote, unchecked.</param>
    /// <param name="memory">Guest RAM.</param>
    /// <param name="interrupt">Raises the used-buffer notification; called on the queue's thread.</param>
    /// <param name="signal">Wakes the queue's worker. Owned by the transport, which reuses it for the next queue of this index.</param>
    /// <param name="queue">The queue.</param>
    /// <returns>False when the size is not allowed or an area is unaligned or not RAM.</returns>
    internal static bool TryCreate(QueueConfig config, GuestMemory memory, Action interrupt, QueueSignal signal, out Virtqueue? queue)
    {
        RingLayout? ring = config.Size is 0 or > MaximumSize ? null : RingLayout.Create(memory, config);
        queue = ring is null ? null : new Virtqueue(config, memory, ring, interrupt, signal);
        return queue is not null;
    }

    /// <summary>
    /// Ends a batch: writes the chains that other threads completed to the used ring, then sends at most one interrupt for all chains used
    /// since the last call. Returns whether there were any.
    /// </summary>
    public bool Publish()
    {
        bool any = PublishUntold();
        if (IsInterruptDue)
            Tell();
        return any;
    }

    /// <summary>
    /// Does the same as <see cref="Publish"/> without the interrupt. <see cref="IsInterruptDue"/> then says whether the driver wants one.
    /// </summary>
    internal bool PublishUntold()
    {
        // Checked first, because usually there is none and the atomic exchange costs as much as all the rest. A completion that comes after
        // the check sets the signal.
        if (_completed.Any)
            PutCompleted();
        return _hindrances == 0 ? Announce() : PublishSlowly();
    }

    /// <summary>Interrupts the driver if an interrupt is due.</summary>
    internal void Tell()
    {
        if (!IsInterruptDue)
            return;
        IsInterruptDue = false;
        Interrupt();
    }

    /// <summary>
    /// Interrupts the driver, also when this queue has published nothing: another process may have done so. For the queue's thread.
    /// </summary>
    internal void Interrupt()
    {
        if (Has(QueueHindrances.Halted))
            return;
        Counters.InterruptsSent++;
        _interrupt();
    }

    /// <summary>Suppresses kicks: tells the driver that it need not notify for now.</summary>
    public void SuppressKicks()
    {
        if (_kicksSuppressed || Has(QueueHindrances.Halted))
            return;
        _kicksSuppressed = true;
        _ring.SuppressKicks();
    }

    /// <summary>
    /// Asks for kicks again. Returns true when requests arrived meanwhile, for which no kick will come: look for requests again before
    /// waiting.
    /// </summary>
    public bool RequestKicks()
    {
        if (!IsRunning)
            return false;
        _kicksSuppressed = false;
        return _ring.RequestKicks();
    }

    /// <summary>Handles the driver's kick: wakes the worker. Thread-safe.</summary>
    internal void Kick() => Signal.Set();

    /// <summary>Sleeps until the signal is set.</summary>
    internal void WaitForSignal()
    {
        Signal.Wait();
        if (Signal is not ProcessSignal)
            Counters.Wakes++;
    }

    internal void BindToCurrentThread()
    {
        if (_mark == 0)
            _mark = Interlocked.Increment(ref _lastMark);
        _owner = _mark;
        _stack = StackMark.OfCurrentThread();
    }

    /// <summary>
    /// Ends a batch, and notes whether an interrupt is due for it. Returns false when nothing was used since the last batch.
    /// </summary>
    private bool Announce()
    {
        if (_ring.Untold == 0)
            return false;
        if (Duration is { } duration && duration.IsWanted != Has(QueueHindrances.Timed))
            SetTimed(duration.IsWanted);
        if (_packed is { } packed ? packed.Publish() : _split!.Publish())
            IsInterruptDue = true;
        else
            Counters.InterruptsSuppressed++;
        return true;
    }

    private void SetTimed(bool timed)
    {
        _timedSince = Stopwatch.GetTimestamp();
        if (timed)
            Interlocked.Or(ref _hindrances, (int)QueueHindrances.Timed);
        else
            Interlocked.And(ref _hindrances, ~(int)QueueHindrances.Timed);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool PublishSlowly()
    {
        if (Has(QueueHindrances.Halted | QueueHindrances.Broken))
            return false;
        _order?.PutFinished();
        bool any = Announce();

        // The thread that waits for the drain halts the queue next, and a halted queue sends no interrupt. So it is sent first.
        if (Has(QueueHindrances.Draining) && Outstanding == 0)
        {
            Tell();
            NoteDrained();
        }

        return any;
    }
}
