using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
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

    // Each thread that queues belong to has a number of its own: looking at it costs a fraction of asking for the thread's.
    [ThreadStatic]
    private static long _mark;
    private static long _lastMark;

    private readonly GuestMemory _memory;
    private readonly RingLayout _ring;
    private readonly PackedRing? _packed;
    private readonly SplitRing? _split;
    private readonly UsedOrder? _order;
    private readonly Action _interrupt;
    private readonly ChainJournal? _journal;
    private readonly Queue<UnfinishedChain>? _unfinished;

    // Where one request is served after another, the only chain object there is; the others are made for as many as are in flight at once.
    private readonly DescriptorChain _current;
    private DescriptorChain[] _free = new DescriptorChain[8];
    private int _freeCount;
    private CompletedChains _completed;

    // Every chain object but the first, so that a stop can name those the device still holds. It grows under its own lock, on the queue's
    // thread.
    private readonly List<DescriptorChain> _made = [];
    private long _owner = -1;
    private StackMark _stack;

    // Chains taken and not yet given back in other objects than that.
    private int _others;
    private bool _kicksSuppressed;
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

    /// <summary>Chains that broke a rule and were completed with length 0, since the queue was created.</summary>
    public long MalformedChains { get; private set; }

    /// <summary>The ring contradicts itself; nothing more is taken from it until the driver resets the device.</summary>
    public bool IsBroken => Has(QueueHindrances.Broken);

    /// <summary>Chains taken and not yet given back.</summary>
    public int Outstanding => _others + (_current.Progress is ChainProgress.Taken or ChainProgress.Completed ? 1 : 0);

    /// <summary>Cancelled when the queue is being stopped: pass it to whatever a request waits for.</summary>
    public CancellationToken Stopping => _stopping.Token;

    internal QueueSignal Signal { get; }

    /// <summary>What the driver configured, for whoever has another process serve it.</summary>
    internal QueueConfig Config { get; }

    /// <summary>Guest RAM.</summary>
    internal GuestMemory Memory => _memory;

    /// <summary>How long its worker looks for more requests before it sleeps; zero for not at all.</summary>
    internal TimeSpan PollTime { get; set; }

    /// <summary>How long <see cref="Devices.QueueWorker.Stop"/> waits for the chains that the device holds; infinite by default.</summary>
    internal TimeSpan StopLimit { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>Why the queue could not be stopped: the device may still use its chains and their memory. Null as a rule.</summary>
    internal QueueStopException? StopFailure { get; private set; }

    /// <summary>The driver wants to be told of what was published, and was not.</summary>
    internal bool IsInterruptDue { get; private set; }

    /// <summary>What it adds to: those of its place in the transport.</summary>
    internal QueueCounters Counters { get; set; } = new();

    /// <summary>Where the durations of its requests go, if somewhere.</summary>
    internal RequestDuration? Duration { get; set; }

    /// <summary>Takes chains: neither halted nor being drained nor broken.</summary>
    internal bool IsRunning => !Has(QueueHindrances.Halted | QueueHindrances.Draining | QueueHindrances.Broken);

    /// <summary>Somebody waits until everything is given back.</summary>
    internal bool IsDraining => Has(QueueHindrances.Draining);

    /// <summary>Where to go on with the ring. For whoever has drained and stopped the queue.</summary>
    internal QueueState State => _ring.State;

    /// <summary>Whether a look at the queue would be worth it: a request, a completion of another thread's, or its end.</summary>
    internal bool HasNews => !IsRunning || _completed.Any || _ring.HasAvailable || _unfinished is { Count: > 0 };

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
    /// Ends a batch: gives back the chains that other threads completed, and tells the driver of all that it was not told of, with at most one interrupt.
    /// Returns whether there were any.
    /// </summary>
    public bool Publish()
    {
        bool any = PublishUntold();
        if (IsInterruptDue)
            Tell();
        return any;
    }

    /// <summary>The same without the interrupt, which is then due if the driver wants one.</summary>
    internal bool PublishUntold()
    {
        // Nearly always there is none, and an exchange costs as much as all the rest. One that comes a moment later sets the signal.
        if (_completed.Any)
            PutCompleted();
        return _hindrances == 0 ? Announce() : PublishSlowly();
    }

    /// <summary>Interrupts the driver if that is due.</summary>
    internal void Tell()
    {
        if (!IsInterruptDue)
            return;
        IsInterruptDue = false;
        Interrupt();
    }

    /// <summary>Interrupts the driver, whether or not anything was published here: another process may have. For the queue's thread.</summary>
    internal void Interrupt()
    {
        if (Has(QueueHindrances.Halted))
            return;
        Counters.InterruptsSent++;
        _interrupt();
    }

    /// <summary>Tells the driver that kicks are not needed for now.</summary>
    public void SuppressKicks()
    {
        if (_kicksSuppressed || Has(QueueHindrances.Halted))
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

    /// <summary>Sleeps until there may be something to do.</summary>
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

    /// <summary>Tells the driver of what it was not told of; false when there is nothing.</summary>
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

        // Whoever waits for this halts the queue next, and then nobody would be told.
        if (Has(QueueHindrances.Draining) && Outstanding == 0)
        {
            Tell();
            NoteDrained();
        }

        return any;
    }
}
