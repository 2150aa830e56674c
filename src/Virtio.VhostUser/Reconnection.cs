using System.Diagnostics;
using System.Runtime.Versioning;

namespace Virtio.VhostUser;

/// <summary>
/// Connects to a back-end again, on its own thread. It retries until a back-end serves, or until the driver resets the device. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class Reconnection
{
    // A back-end that died needs a moment to restart, so the first attempt is not immediate. The delay doubles up to one second.
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    // Guards _isEnded, and is pulsed when that is set.
    private readonly object _gate = new();
    private readonly Func<Reconnection, Exception?> _attempt;
    private readonly Func<Reconnection, Exception, bool> _giveUp;
    private readonly TimeSpan _limit;
    private readonly Thread _thread;

    // Why the last attempt failed. Owned by _thread once it has started.
    private Exception _reason;

    // The connection that an attempt negotiates on; null outside of an attempt. Written by _thread, read by any thread.
    private BackendClient? _connecting;

    // End was called. Written under _gate, read by any thread.
    private bool _isEnded;

    /// <summary>Prepares the thread; <see cref="Start"/> starts it.</summary>
    /// <param name="name">Name of the thread.</param>
    /// <param name="reason">Why the last connection was lost.</param>
    /// <param name="limit">How long the driver waits before <paramref name="giveUp"/> is called.</param>
    /// <param name="attempt">Connects and starts all rings. Returns why that failed, or null. Must stop when <see cref="IsEnded"/>.</param>
    /// <param name="giveUp">Called once with the last reason, when the limit has passed; returns whether to go on with attempts.</param>
    internal Reconnection(
        string name,
        Exception reason,
        TimeSpan limit,
        Func<Reconnection, Exception?> attempt,
        Func<Reconnection, Exception, bool> giveUp)
    {
        _reason = reason;
        _limit = limit;
        _attempt = attempt;
        _giveUp = giveUp;
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    internal bool IsEnded => Volatile.Read(ref _isEnded);

    internal void Start() => _thread.Start();

    /// <summary>Ends the attempts and aborts a running one. Does not wait for the thread.</summary>
    internal void End()
    {
        lock (_gate)
        {
            Volatile.Write(ref _isEnded, true);
            Monitor.PulseAll(_gate);
        }

        Interlocked.MemoryBarrier();
        AbortAttempt();
    }

    /// <summary>Aborts a running attempt while it only connects.</summary>
    internal void AbortAttempt() => Volatile.Read(ref _connecting)?.Abort();

    /// <summary>Waits for the thread, after <see cref="End"/>.</summary>
    internal void Join()
    {
        if (Thread.CurrentThread != _thread)
            _thread.Join();
    }

    /// <summary>Sets the connection that <see cref="End"/> aborts.</summary>
    internal void Watch(BackendClient? client)
    {
        Volatile.Write(ref _connecting, client);

        // End may have read the old value just before this store. Then this thread sees IsEnded and aborts the connection itself. That
        // needs a full fence between the store and the load, here and in End: otherwise each may miss the other's store.
        Interlocked.MemoryBarrier();
        if (IsEnded)
            client?.Abort();
    }

    private void Run()
    {
        long start = Stopwatch.GetTimestamp();
        bool isOver = false;
        for (TimeSpan delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            TimeSpan left = isOver ? LongestDelay : _limit - Stopwatch.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                if (IsEnded || !_giveUp(this, _reason))
                    return;
                isOver = true;
                continue;
            }

            if (!Wait(delay < left ? delay : left) || _attempt(this) is not { } reason || IsEnded)
                return;
            _reason = reason;
        }
    }

    private bool Wait(TimeSpan delay)
    {
        lock (_gate)
            return !_isEnded && (!Monitor.Wait(_gate, delay) || !_isEnded);
    }
}
