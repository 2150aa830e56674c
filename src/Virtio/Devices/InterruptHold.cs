namespace Virtio.Devices;

/// <summary>
/// How many completions one interrupt tells of. A device that serves each request at once interrupts for each, and a driver that still has requests to hand over
/// loses more time by that than the device needs for them. So an interrupt waits for the next request where that is about to come: the number of completions that are
/// held doubles by trial, and falls when the driver brings no more before it is told. With a driver that waits for each it is one. For one thread.
/// </summary>
internal sealed class InterruptHold
{
    // Half a batch: the driver takes back one half while the other is served.
    private const int MaximumTarget = 16;
    private const int ShortestRest = 16;
    private const int LongestRest = 1024;

    // The driver pays at least that much for each interrupt as the device does for asking for it: what is saved should be worth the delay, on any processor.
    private const int LongestHoldInCosts = 64;
    private const int RequestsPerHold = 4;

    // What is longer was another thread's.
    private static readonly TimeSpan HighestCost = TimeSpan.FromMicroseconds(50);

    private readonly TimeProvider _clock;
    private readonly AdaptivePoll _poll;
    private readonly long _highestCost;
    private long _now;
    private long _since;
    private long _interval;
    private long _longestHold;
    private int _served;
    private int _held;
    private bool _isTrial;
    private int _target = 1;
    private int _rest = ShortestRest;
    private int _untilTrial = ShortestRest;

    internal InterruptHold(AdaptivePoll poll, TimeProvider clock)
    {
        _poll = poll;
        _clock = clock;
        _highestCost = (long)(HighestCost.TotalSeconds * clock.TimestampFrequency);
        _interval = _highestCost * LongestHoldInCosts;
    }

    /// <summary>Counts requests that were served.</summary>
    internal void Add(int served) => _served += served;

    /// <summary>
    /// Whether the driver, which wants to be told, is told now; then call <see cref="Told"/>. Otherwise look for more, by <see cref="FindsMore"/>.
    /// </summary>
    internal bool IsFull()
    {
        if (!_poll.IsUseful)
            return true;
        long now = _clock.GetTimestamp();
        _interval += (Math.Min((now - _now) / Math.Max(_served, 1), _highestCost * LongestHoldInCosts) - _interval) / 8;
        _now = now;
        if (_held == 0)
            _since = now;
        _held += _served;
        _served = 0;
        if (now - _since >= _longestHold)
            return true;
        if (_held < _target)
            return false;
        if (_isTrial)
            _rest = Math.Max(_rest / 2, ShortestRest);
        _isTrial = _target < MaximumTarget && _interval <= _longestHold / RequestsPerHold && --_untilTrial <= 0;
        if (!_isTrial)
            return true;

        // Soon after more was of use, and ever more rarely where it was not.
        _target *= 2;
        _untilTrial = ShortestRest;
        return _held >= _target;
    }

    /// <summary>The driver was told, at once when that was to be.</summary>
    internal void Told()
    {
        _held = 0;
        if (_poll.IsUseful)
            _longestHold += ((Math.Min(_clock.GetTimestamp() - _now, _highestCost) * LongestHoldInCosts) - _longestHold) / 8;
    }

    /// <summary>Looks for the next request for as long as two of them take; false when none comes: the driver waits, and must be told.</summary>
    internal bool FindsMore(Func<bool> look)
    {
        if (_poll.FindsWithin(Math.Min(2 * _interval, _longestHold), look))
            return true;
        _target = Math.Max(1, _target / 4);
        _untilTrial = _rest = Math.Min(_rest * 2, LongestRest);
        _isTrial = false;
        _held = 0;
        return false;
    }
}
