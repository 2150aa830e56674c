using System.Diagnostics;
using System.Runtime.Versioning;

namespace Virtio.VhostUser;

/// <summary>
/// Tries to get a back-end again, on a thread of its own, until one serves, or the driver resets the device. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class Reconnection
{
    // The back-end that died needs a moment to start again; one that is not there is looked for once a second at last.
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    // Pulsed when it ends; guards the field of that name.
    private readonly object _gate = new();
    private readonly Func<Reconnection, Exception?> _attempt;
    private readonly Func<Reconnection, Exception, bool> _giveUp;
    private readonly TimeSpan _limit;
    private readonly Thread _thread;
    private Exception _reason;
    private BackendClient? _connecting;
    private bool _isEnded;

    /// <summary>Prepares it.</summary>
    /// <param name="name">Of the thread.</param>
    /// <param name="reason">Why the connection before was lost.</param>
    /// <param name="limit">After this time the driver need not wait any more.</param>
    /// <param name="attempt">Connects and has everything served; why that failed, or null. It must not go on after <see cref="IsEnded"/>.</param>
    /// <param name="giveUp">Called with the last reason, once, when the time is over; whether to go on trying.</param>
    internal Reconnection(string name, Exception reason, TimeSpan limit, Func<Reconnection, Exception?> attempt, Func<Reconnection, Exception, bool> giveUp)
    {
        _reason = reason;
        _limit = limit;
        _attempt = attempt;
        _giveUp = giveUp;
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    internal bool IsEnded => Volatile.Read(ref _isEnded);

    internal void Start() => _thread.Start();

    /// <summary>Gives up without a word. What an attempt is waiting for ends. Does not wait for the thread.</summary>
    internal void End()
    {
        lock (_gate)
        {
            Volatile.Write(ref _isEnded, true);
            Monitor.PulseAll(_gate);
        }

        AbortAttempt();
    }

    /// <summary>Ends what an attempt is waiting for while it only connects.</summary>
    internal void AbortAttempt() => Volatile.Read(ref _connecting)?.Abort();

    /// <summary>Waits for the thread, which <see cref="End"/> has ended.</summary>
    internal void Join()
    {
        if (Thread.CurrentThread != _thread)
            _thread.Join();
    }

    /// <summary>From here on the attempt waits for this back-end.</summary>
    internal void Watch(BackendClient? client)
    {
        Volatile.Write(ref _connecting, client);

        // Ended between the last look and this: the end did not see the client.
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
