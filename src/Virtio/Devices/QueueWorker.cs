using System.Diagnostics;
using Virtio.Queues;

namespace Virtio.Devices;

/// <summary>
/// The one thread that serves a queue. It has two modes. Driver-driven: a kick wakes the worker, which serves chains until none is left.
/// Host-driven: data on the host wakes the worker, which looks for chains to put it in. In both modes the device may keep a chain and
/// complete it later, from any thread; the worker publishes the completion. <see cref="Stop"/> returns when the device holds no chain of
/// the queue any more.
/// </summary>
public sealed class QueueWorker : IDisposable
{
    // How often a stop that waits for requests checks whether the transport has abandoned the queue.
    private static readonly TimeSpan JoinStep = TimeSpan.FromMilliseconds(50);

    // Completions are published after at most this many requests, so that the driver need not wait for the whole ring to be served.
    private const int BatchSize = 32;

    // A stop that takes longer is logged, with the chains that it waits for.
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

        // Started without the caller's execution context: its async-local values (a trace, a test) must not flow to a thread that outlives
        // the call.
        _thread.UnsafeStart();
    }

    /// <summary>Starts a worker for a queue of requests from the driver.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="queue">The queue; it belongs to the worker from now on.</param>
    /// <param name="activation">The device's activation: its <see cref="DeviceActivation.Fail"/> is called when the handler throws.</param>
    /// <param name="handle">
    /// Serves one request: completes the chain, or keeps it and completes it later from any thread. An exception fails the device. A chain
    /// that is never completed blocks every stop of the queue: see <see cref="Virtqueue.Stopping"/>.
    /// </param>
    public static QueueWorker Start(string name, Virtqueue queue, DeviceActivation activation, Action<DescriptorChain> handle) =>
        Start(name, queue, activation, handle, endOfBatch: null);

    /// <summary>Does the same for a device that gathers work over a batch of requests.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="queue">The queue; it belongs to the worker from now on.</param>
    /// <param name="activation">The device's activation: its <see cref="DeviceActivation.Fail"/> is called when the handler throws.</param>
    /// <param name="handle">Serves one request.</param>
    /// <param name="endOfBatch">
    /// Called on the worker's thread after the requests of a batch were handled, before they are published.
    /// </param>
    internal static QueueWorker Start(
        string name,
        Virtqueue queue,
        DeviceActivation activation,
        Action<DescriptorChain> handle,
        Action? endOfBatch)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(activation);
        ArgumentNullException.ThrowIfNull(handle);
        return new QueueWorker(name, queue, activation, hostDriven: false, worker => () => worker.ServeDriver(handle, endOfBatch));
    }

    /// <summary>Starts a worker for a queue of empty buffers, which the device fills with data from the host.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="queue">The queue; it belongs to the worker from now on.</param>
    /// <param name="activation">The device's activation: its <see cref="DeviceActivation.Fail"/> is called when the pump throws.</param>
    /// <param name="pump">
    /// Moves as much data as it can from the host into chains that it takes with <see cref="Virtqueue.TryDequeue"/>, and completes them;
    /// the worker publishes them when it returns. It returns true for "data is left, a chain is missing". The worker calls it once at the
    /// start, again after each <see cref="Wake"/>, and after a kick if it returned true. It must not block for long, because a stop waits
    /// for it. An exception fails the device.
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
    /// Wakes a host-driven worker: it calls its pump at least once after this. Thread-safe; without effect after the stop. A device that
    /// keeps its worker in a field wakes it once after it has set the field, for data that came before.
    /// </summary>
    public void Wake() => _queue.Signal.Set();

    /// <summary>
    /// Ends the worker and waits until the device has completed every chain, so that neither the ring nor a buffer is touched afterwards.
    /// After one second it logs once which chains it waits for. Not for the worker's own thread.
    /// </summary>
    /// <exception cref="QueueStopException">
    /// The transport's limit for the stop is over (<see cref="Transports.Mmio.MmioBusOptions.StopLimit"/>; infinite by default). The device
    /// must let the exception through to the transport.
    /// </exception>
    /// <exception cref="InvalidOperationException">The worker's own thread has called this, from the handler.</exception>
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

    /// <summary>
    /// Waits for the worker's end. Also returns true when the transport abandons the queue meanwhile: see <see cref="Virtqueue.Abandon"/>.
    /// </summary>
    private bool HasEnded(TimeSpan limit)
    {
        // Requests that react to their cancellation end within the first step. The loop is for those that do not.
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

            // The chains that a failed pump had taken are lost: nothing will complete them, so the worker does not wait for them.
            if (_hostDriven)
                return;
        }

        // Collects the chains that the device still holds. Only when all are completed may the driver reuse the memory (virtio 1.4, 2.4.1).
        for (_queue.Publish(); _queue.Outstanding > 0; _queue.Publish())
            _queue.WaitForSignal();
    }

    /// <summary>Serves one batch. Returns true when there is, or may be, more to do at once.</summary>
    private bool ServeDriver(Action<DescriptorChain> handle, Action? endOfBatch)
    {
        _queue.SuppressKicks();
        int served = ServeBatch(handle, endOfBatch);
        _hold.Add(served);
        if (_queue.PublishUntold() || served > 0)
        {
            // While requests are in flight, the time of the next completion is unknown, so the interrupt is not held back.
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

        // Kicks stay suppressed while the worker polls.
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
            // Also called after a failure, because the stop waits for the chains that the device has gathered.
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
            // A handler that failed no longer holds the chain. Without this completion the stop would wait for the chain for ever.
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
