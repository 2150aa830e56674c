namespace Virtio.Devices;

/// <summary>
/// Decides how many completions one interrupt covers. Without it a fast device interrupts for each request, and a driver that still has
/// requests to submit loses more time to the interrupts than the device needs for the requests. So the interrupt is held back while the
/// next request is about to come. The number of completions to hold doubles by trial. It falls when the driver submits no further request
/// before it is interrupted. With a driver that waits for each request it is one. For one thread.
/// </summary>
internal sealed class InterruptHold
{
    // Half a batch: the driver processes one half while the device serves the other.
    private const int MaximumTarget = 16;

    // Bounds of the wait for the next trial, in interrupts for a full target.
    private const int ShortestRest = 16;
    private const int LongestRest = 1024;

    // The longest hold, as a multiple of what raising an interrupt costs the device. An interrupt costs the driver at least as much, so on
    // any processor the saving is in proportion to the delay.
    private const int LongestHoldInCosts = 64;

    // A trial needs requests that come so fast that at least this many fit in the longest hold.
    private const int RequestsPerHold = 4;

    // The highest believable cost of an interrupt. Anything longer means this thread was preempted.
    private static readonly TimeSpan HighestCost = TimeSpan.FromMicroseconds(50);

    private readonly TimeProvider _clock;
    private readonly AdaptivePoll _poll;

    // HighestCost in ticks of the clock.
    private readonly long _highestCost;

    // All fields below belong to the worker's thread. Times are in ticks of the clock.

    // When IsFull was last called.
    private long _now;

    // When the current hold began.
    private long _since;

    // The moving average of the time between two requests.
    private long _interval;

    // The longest hold: LongestHoldInCosts times the moving average of what an interrupt costs.
    private long _longestHold;

    // Requests served since IsFull was last called.
    private int _served;

    // Completions that are being held.
    private int _held;

    // The target was doubled on trial, and no hold has reached it yet.
    private bool _isTrial;

    // How many completions one interrupt covers, 1 to MaximumTarget.
    private int _target = 1;

    // The wait for a trial after the next failure is twice this, in interrupts for a full target.
    private int _rest = ShortestRest;

    // Interrupts for a full target that are left before the next trial.
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
    /// Whether a due interrupt is sent now; after sending it the caller calls <see cref="Told"/>. On false the interrupt is held back, and
    /// the caller looks for the next request with <see cref="FindsMore"/>.
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

        // A trial: the next one comes soon if it succeeds, and ever later while trials fail (FindsMore).
        _target *= 2;
        _untilTrial = ShortestRest;
        return _held >= _target;
    }

    /// <summary>
    /// Notes that the interrupt was sent, and measures its cost: the time since <see cref="IsFull"/>, which the caller called just before.
    /// </summary>
    internal void Told()
    {
        _held = 0;
        if (_poll.IsUseful)
            _longestHold += ((Math.Min(_clock.GetTimestamp() - _now, _highestCost) * LongestHoldInCosts) - _longestHold) / 8;
    }

    /// <summary>
    /// Polls for the next request for as long as two requests take. False when none comes: the driver waits, and must be interrupted.
    /// </summary>
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
