namespace Virtio.Devices;

/// <summary>
/// How long a worker that has nothing to do goes on looking before it sleeps: being woken takes many times as long as a request. The bound halves with each
/// sleep that outlasts the limit, down to not looking at all, and doubles with each sleep that it would have spared. As the sleeps do not tell all, it also rests after
/// looking in vain many times in a row, and looks on trial after many sleeps, either ever longer where nothing is found. An idle queue costs nothing. For one thread.
/// </summary>
internal sealed class AdaptivePoll
{
    // A busy driver answers within these, and reading the clock costs as much as a look.
    private const int LooksBeforeClock = 40;
    private const int LooksPerClock = 8;
    private const int SmallestPart = 16;
    private const int SleepsOfRest = 32;
    private const int MostSleepsOfRest = 1024;

    // More than it takes to come from not looking up to the limit.
    private const int MostFailures = 8;

    // One processor stays free of all who look, in all queues of the process: those whom they wait for need it.
    private static readonly int MaximumPolling = Environment.ProcessorCount - 1;
    private static int _polling;

    private readonly TimeProvider _clock;
    private readonly long _limit;
    private long _bound;
    private long _idleSince;
    private long _gaveUpAt;
    private int _rest;
    private int _failures;
    private int _nextRest = SleepsOfRest;
    private int _untilTrial = SleepsOfRest;

    internal AdaptivePoll(TimeSpan limit, TimeProvider clock, int processorCount)
    {
        // On the only processor, looking keeps from running whoever could bring the work.
        _clock = clock;
        _limit = processorCount > 1 ? (long)(limit.TotalSeconds * clock.TimestampFrequency) : 0;
        _bound = _limit;
    }

    /// <summary>Whether looking can find anything at all: there is a processor for it, and it is wanted.</summary>
    internal bool IsUseful => _limit > 0;

    /// <summary>Looks until there is something, or no longer worth it; false then: sleep, and call <see cref="Slept"/>.</summary>
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

        // A sleep outlasts a short limit by being woken alone: that looking is of use after all only a trial can tell.
        if (isTrial)
            _bound = _limit;
        _failures = 0;
        _nextRest = SleepsOfRest;
        return true;
    }

    /// <summary>Looks for a given time, for who has a reason of his own.</summary>
    /// <param name="time">In the clock's ticks.</param>
    /// <param name="look">Whether there is something.</param>
    internal bool FindsWithin(long time, Func<bool> look)
    {
        if (FindsAmong(LooksBeforeClock, look))
            return true;
        _idleSince = _clock.GetTimestamp();
        return FindsAlone(time, look);
    }

    /// <summary>Takes the sleep's length into account.</summary>
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

        // Nothing kept from coming what came much later.
        if (now - _gaveUpAt > _limit)
            _failures = 0;
    }

    /// <summary>
    /// Where requests come soon after each time it gave up, but never while it looks, it has the very processor that they need: then the sleeps look short for ever.
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

            // Nobody looks that slowly: another thread had this processor meanwhile, and there are fewer of them than of those who want one.
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
