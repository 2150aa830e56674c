namespace Virtio.Devices;

/// <summary>
/// Decides how long an idle worker polls before it sleeps. Polling pays because a wake-up takes many times as long as a request. The bound
/// of a poll halves with each sleep that lasts longer than the limit, down to zero, and doubles with each shorter sleep, which polling
/// could have avoided. The lengths of sleeps do not show everything. So polling also rests after many polls in vain in a row, and while the
/// bound is zero a trial poll follows after many sleeps. Both intervals grow as long as polls find nothing. An idle queue costs nothing.
/// For one thread.
/// </summary>
internal sealed class AdaptivePoll
{
    // A busy driver sends its next request within this many looks. They come before the first reading of the clock, which costs as much as
    // a look.
    private const int LooksBeforeClock = 40;
    private const int LooksPerClock = 8;

    // The smallest bound above zero, as a divisor of the limit.
    private const int SmallestPart = 16;
    private const int SleepsOfRest = 32;
    private const int MostSleepsOfRest = 1024;

    // Polls in vain in a row before polling rests. More than the doublings that take the bound from zero up to the limit.
    private const int MostFailures = 8;

    // The most workers of the process that poll at a time. One processor stays free for the threads that they wait for.
    private static readonly int MaximumPolling = Environment.ProcessorCount - 1;

    // Workers of the process that poll now. Changed atomically.
    private static int _polling;

    private readonly TimeProvider _clock;

    // The longest poll, in ticks of the clock; 0 turns polling off.
    private readonly long _limit;

    // All other fields belong to the worker's thread. Times are in ticks of the clock.

    // How long the next poll may take: 0 (no polls except trials), or _limit / SmallestPart to _limit.
    private long _bound;

    // When the worker last ran out of work, which is after the first looks.
    private long _idleSince;

    // When the last poll ended without success, or when the worker ran out of work and did not poll.
    private long _gaveUpAt;

    // Sleeps that are left of a rest, during which there is no poll and no trial.
    private int _rest;

    // Polls in vain in a row.
    private int _failures;

    // Length of the next rest, and of the wait for the next trial, in sleeps. Doubles with each, and falls back when a poll succeeds.
    private int _nextRest = SleepsOfRest;

    // Idle times left, while the bound is zero, before a trial.
    private int _untilTrial = SleepsOfRest;

    internal AdaptivePoll(TimeSpan limit, TimeProvider clock, int processorCount)
    {
        // On a single processor, polling would keep the thread that brings the work from running.
        _clock = clock;
        _limit = processorCount > 1 ? (long)(limit.TotalSeconds * clock.TimestampFrequency) : 0;
        _bound = _limit;
    }

    /// <summary>Whether the worker may poll: a limit above zero was configured, and there is more than one processor.</summary>
    internal bool IsUseful => _limit > 0;

    /// <summary>Polls until there is work or polling no longer pays. On false the caller sleeps, then calls <see cref="Slept"/>.</summary>
    /// <param name="look">Whether there is work.</param>
    internal bool Finds(Func<bool> look)
    {
        if (_limit == 0)
            return false;
        if (_bound > 0 && FindsAmong(LooksBeforeClock, look))
        {
            _failures = 0;
            return true;
        }

        _idleSince = _gaveUpAt = _clock.GetTimestamp();
        bool isTrial = _bound == 0;
        if (isTrial && (_rest > 0 || --_untilTrial > 0))
            return false;
        if (!FindsAlone(isTrial ? _limit : _bound, look))
        {
            CountFailure(isTrial);
            return false;
        }

        // With a short limit the wake-up alone makes every sleep longer than the limit. Sleeps then never raise the bound, so a successful
        // trial does.
        if (isTrial)
            _bound = _limit;
        _failures = 0;
        _nextRest = SleepsOfRest;
        return true;
    }

    /// <summary>Polls for a given time, for a caller with its own time limit.</summary>
    /// <param name="time">In ticks of the clock.</param>
    /// <param name="look">Whether there is work.</param>
    internal bool FindsWithin(long time, Func<bool> look)
    {
        if (FindsAmong(LooksBeforeClock, look))
            return true;
        _idleSince = _clock.GetTimestamp();
        return FindsAlone(time, look);
    }

    /// <summary>Adapts the bound to the length of the sleep that has just ended.</summary>
    internal void Slept()
    {
        if (_limit == 0)
            return;
        if (_rest > 0)
        {
            _rest--;
            return;
        }

        long now = _clock.GetTimestamp();
        if (now - _idleSince <= _limit)
            _bound = Math.Clamp(_bound * 2, _limit / SmallestPart, _limit);
        else
            _bound = _bound > _limit / SmallestPart ? _bound / 2 : 0;

        // Work that came much later was not delayed by polling.
        if (now - _gaveUpAt > _limit)
            _failures = 0;
    }

    /// <summary>
    /// Counts a poll in vain. When requests come soon after each poll, but never during one, the poll occupies the very processor that
    /// their sender needs. Sleeps are then always short and keep the bound up, so only this count ends the polling.
    /// </summary>
    private void CountFailure(bool isTrial)
    {
        if (!isTrial && ++_failures < MostFailures)
            return;
        if (!isTrial)
            (_bound, _rest) = (0, _nextRest);
        _failures = 0;
        _untilTrial = _nextRest;
        _nextRest = Math.Min(_nextRest * 2, MostSleepsOfRest);
    }

    private bool FindsAlone(long time, Func<bool> look)
    {
        bool found = Interlocked.Increment(ref _polling) <= MaximumPolling && FindsUntil(_idleSince + time, look);
        Interlocked.Decrement(ref _polling);
        return found;
    }

    private bool FindsUntil(long end, Func<bool> look)
    {
        for (long now = _idleSince; now < end;)
        {
            if (FindsAmong(LooksPerClock, look))
                return true;
            long before = now;
            now = _clock.GetTimestamp();
            _gaveUpAt = now;
            if (now - before <= _limit)
                continue;

            // Such a long time between two readings of the clock means that this thread was preempted: more threads want to run than there
            // are processors.
            _bound = 0;
            _rest = SleepsOfRest;
            return false;
        }

        return false;
    }

    private static bool FindsAmong(int looks, Func<bool> look)
    {
        for (int i = 0; i < looks; i++)
        {
            if (look())
                return true;
            Thread.SpinWait(1);
        }

        return false;
    }
}
