using System.Diagnostics;
using Virtio.Queues;

namespace Virtio.Devices;

/// <summary>
/// The one thread that serves a queue. Two modes: driver-driven (a kick, then chains until none is left) and host-driven (data on the host, then
/// a chain to put it in). In both, a chain may be kept and completed later, from any thread; the worker publishes it. <see cref="Stop"/>
/// returns when the device holds no chain of the queue any more.
/// </summary>
public sealed class QueueWorker : IDisposable
{
    // How often a stop that waits for requests looks whether its transport has given them up.
    private static readonly TimeSpan JoinStep = TimeSpan.FromMilliseconds(50);

    // After at most this many requests the driver is told, so that it need not wait for the whole ring to be served.
    private const int BatchSize = 32;

    // From here on a stop is so slow that a person wants to know what it waits for.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Virtqueue _queue;
    private readonly DeviceActivation _activation;
    private readonly bool _hostDriven;
    private readonly Func<bool> _round;
    private readonly Func<bool> _hasNews;
    private readonly AdaptivePoll _poll;
    private readonly InterruptHold _hold;
    private readonly Thread _thread;
    private volatile bool _stop;

    private QueueWorker(string name, Virtqueue queue, DeviceActivation activation, bool hostDriven, Func<QueueWorker, Func<bool>> round)
    {
        _hostDriven = hostDriven;
        _queue = queue;
        _activation = activation;
        _round = round(this);
        _hasNews = () => queue.HasNews;
        _poll = new AdaptivePoll(queue.PollTime, TimeProvider.System, Environment.ProcessorCount);
        _hold = new InterruptHold(_poll, TimeProvider.System);
        _thread = new Thread(Run) { Name = name, IsBackground = true };

        // What flows with the caller's calls (a trace, a test) has no business on a thread that outlives them.
        _thread.UnsafeStart();
    }

    /// <summary>Serves a queue whose requests come from the driver.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="queue">The queue; it belongs to the worker from now on.</param>
    /// <param name="activation">Whom to tell when the device fails.</param>
    /// <param name="handle">
    /// Serves one request: completes the chain, or keeps it and completes it later from any thread. One that throws fails the device. A
    /// chain that is never completed holds up every stop of the queue: see <see cref="Virtqueue.Stopping"/>.
    /// </param>
    public static QueueWorker Start(string name, Virtqueue queue, DeviceActivation activation, Action<DescriptorChain> handle) =>
        Start(name, queue, activation, handle, endOfBatch: null);

    /// <summary>The same for a service that gathers work.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="queue">The queue; it belongs to the worker from now on.</param>
    /// <param name="activation">Whom to tell when the device fails.</param>
    /// <param name="handle">Serves one request.</param>
    /// <param name="endOfBatch">Called on the worker's thread after the requests of a batch were handled, before they are published.</param>
    internal static QueueWorker Start(string name, Virtqueue queue, DeviceActivation activation, Action<DescriptorChain> handle, Action? endOfBatch)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(activation);
        ArgumentNullException.ThrowIfNull(handle);
        return new QueueWorker(name, queue, activation, hostDriven: false, worker => () => worker.ServeDriver(handle, endOfBatch));
    }

    /// <summary>Serves a queue whose chains are room for data from the host.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="queue">The queue; it belongs to the worker from now on.</param>
    /// <param name="activation">Whom to tell when the device fails.</param>
    /// <param name="pump">
    /// Moves what it can from the host into chains that it takes with <see cref="Virtqueue.TryDequeue"/>, and completes them; the worker
    /// publishes them when it returns. It is called once at the start, again after <see cref="Wake"/>, and after a kick if it returned
    /// true: "data is left, a chain is missing". It must not block for long: a stop waits for it. One that throws fails the device.
    /// </param>
    public static QueueWorker StartHostDriven(string name, Virtqueue queue, DeviceActivation activation, Func<Virtqueue, bool> pump)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(activation);
        ArgumentNullException.ThrowIfNull(pump);
        return new QueueWorker(name, queue, activation, hostDriven: true, worker => () => worker.ServeHost(pump));
    }

    /// <summary>
    /// Makes a host-driven worker look again: its pump is called at least once from its beginning after this. Thread-safe; without effect
    /// after the stop. A device that keeps its worker in a field wakes it once after storing it there, for data that came before.
    /// </summary>
    public void Wake() => _queue.Signal.Set();

    /// <summary>
    /// Ends the worker and waits until every chain that it handed out has been completed, so that neither ring nor buffers are touched
    /// afterwards. After one second it logs the chains that it waits for, once. Not for the worker's own thread.
    /// </summary>
    /// <exception cref="QueueStopException">
    /// The transport's limit for the stop is over (<see cref="Transports.Mmio.MmioBusOptions.StopLimit"/>; infinite by default). Let it
    /// through to the transport.
    /// </exception>
    /// <exception cref="InvalidOperationException">It is called by the worker itself, from its handler.</exception>
    public void Stop()
    {
        if (_stop)
            return;
        if (Thread.CurrentThread == _thread)
            throw new InvalidOperationException(
                $"the worker of queue {_queue.Index} cannot stop itself: return from the handler, and stop it from another thread");
        _stop = true;
        _queue.Stop();
        TimeSpan limit = _queue.StopLimit;
        bool isLimited = limit != Timeout.InfiniteTimeSpan;
        TimeSpan first = isLimited && limit < Patience ? limit : Patience;
        if (HasEnded(first))
            return;
        IReadOnlyList<int> held = _queue.HeldChains();
        string names = QueueStopException.Name(held);
        QueueWorkerLog.StopIsSlow(_activation.Logger, _queue.Index, _thread.Name!, first.TotalSeconds, held.Count, names);
        if (HasEnded(isLimited ? limit - first : Timeout.InfiniteTimeSpan))
            return;
        var why = new QueueStopException(_queue.Index, _thread.Name!, limit, _queue.HeldChains());
        _queue.GiveUp(why);
        throw why;
    }

    /// <summary>Waits for the worker's end. A transport may give up waiting meanwhile: see <see cref="Virtqueue.Abandon"/>.</summary>
    private bool HasEnded(TimeSpan limit)
    {
        // The first step covers every request that ends when it is cancelled; the loop is for those that do not.
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            TimeSpan left = limit == Timeout.InfiniteTimeSpan ? JoinStep : limit - Stopwatch.GetElapsedTime(start);
            if (_thread.Join(left <= TimeSpan.Zero ? TimeSpan.Zero : left < JoinStep ? left : JoinStep) || _queue.IsAbandoned)
                return true;
            if (left <= TimeSpan.Zero)
                return false;
        }
    }

    /// <summary>The same as <see cref="Stop"/>.</summary>
    public void Dispose() => Stop();

    private void Run()
    {
        _queue.BindToCurrentThread();
        try
        {
            Serve();
        }
        finally
        {
            _queue.Release();
        }
    }

    private void Serve()
    {
        try
        {
            while (!_stop)
            {
                if (_round())
                    continue;
                if (_queue.IsBroken)
                    _activation.Fail($"queue {_queue.Index}: the ring contradicts itself");
                _queue.WaitForSignal();
                _poll.Slept();
            }
        }
        catch (Exception e)
        {
            _activation.Fail($"queue {_queue.Index}: {e.Message}", e);

            // A pump that threw keeps nothing; the chains that it took are lost with it.
            if (_hostDriven)
                return;
        }

        // Chains that others still hold come back here; only then may the driver reuse the memory (virtio 1.4, 2.4.1).
        for (_queue.Publish(); _queue.Outstanding > 0; _queue.Publish())
            _queue.WaitForSignal();
    }

    /// <summary>One round; true when there is, or may be, more to do at once.</summary>
    private bool ServeDriver(Action<DescriptorChain> handle, Action? endOfBatch)
    {
        _queue.SuppressKicks();
        int served = ServeBatch(handle, endOfBatch);
        _hold.Add(served);
        if (_queue.PublishUntold() || served > 0)
        {
            // Requests that are under way elsewhere end when they do: nothing is to be known of the next one.
            if (_queue.IsInterruptDue && (_hold.IsFull() || _queue.Outstanding > 0))
            {
                _queue.Tell();
                _hold.Told();
            }

            return true;
        }

        if (_queue.IsInterruptDue)
        {
            if (!_queue.IsRunning || !_hold.FindsMore(_hasNews) || !_queue.IsRunning)
                _queue.Tell();
            return true;
        }

        // As long as the worker looks by itself, kicks stay unwanted.
        return (_queue.IsRunning && _poll.Finds(_hasNews) && _queue.IsRunning) || _queue.RequestKicks();
    }

    private int ServeBatch(Action<DescriptorChain> handle, Action? endOfBatch)
    {
        int served = 0;
        try
        {
            while (served < BatchSize && !_stop && _queue.TryDequeue(out DescriptorChain chain))
            {
                Handle(handle, chain);
                served++;
            }
        }
        finally
        {
            // Also after a failure: the stop waits for the chains that were gathered.
            if (served > 0)
                endOfBatch?.Invoke();
        }

        return served;
    }

    private static void Handle(Action<DescriptorChain> handle, DescriptorChain chain)
    {
        try
        {
            handle(chain);
        }
        catch when (chain.Progress == ChainProgress.Taken)
        {
            // A handler that failed keeps nothing; without this the stop would wait for the chain for ever.
            chain.Complete(0);
            throw;
        }
    }

    private bool ServeHost(Func<Virtqueue, bool> pump)
    {
        _queue.SuppressKicks();
        bool needsChain = pump(_queue);
        return _queue.Publish() || (needsChain && _queue.RequestKicks());
    }
}
