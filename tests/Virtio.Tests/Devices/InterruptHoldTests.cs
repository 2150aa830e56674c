using Virtio.Devices;

namespace Virtio.Tests.Devices;

/// <summary>
/// A simulated driver on a clock of the test's own. It offers a request every few microseconds until as many are in flight as it wants.
/// </summary>
public sealed class InterruptHoldTests
{
    private static readonly TimeSpan BetweenRequests = TimeSpan.FromMicroseconds(5);
    private static readonly TimeSpan TimeToTell = TimeSpan.FromMicroseconds(2);

    private readonly SteppedClock _clock = new();
    private readonly InterruptHold _hold;

    public InterruptHoldTests() => _hold = Hold(processorCount: 2);

    [Fact]
    public void A_driver_that_waits_for_each_request_is_told_of_each_and_hardly_ever_late()
    {
        Run(_hold, depth: 1, requests: 1000);
        (int interrupts, int late) = Run(_hold, depth: 1, requests: 10_000);
        Assert.Equal(10_000, interrupts);
        Assert.InRange(late, 0, 20);
    }

    [Fact]
    public void A_driver_with_many_requests_under_way_is_told_of_many_at_once()
    {
        Run(_hold, depth: 32, requests: 1000);
        (int interrupts, _) = Run(_hold, depth: 32, requests: 10_000);
        Assert.InRange(interrupts, 1, 10_000 / 8);
    }

    [Fact]
    public void A_driver_that_takes_to_waiting_is_soon_told_of_each_again()
    {
        Run(_hold, depth: 32, requests: 1000);
        (int interrupts, int late) = Run(_hold, depth: 1, requests: 1000);
        Assert.Equal(1000, interrupts);
        Assert.InRange(late, 1, 20);
    }

    [Fact]
    public void A_driver_with_few_requests_under_way_seldom_waits_for_what_is_held()
    {
        Run(_hold, depth: 3, requests: 1000);
        (int interrupts, int late) = Run(_hold, depth: 3, requests: 10_000);
        Assert.InRange(interrupts, 1, 10_000);
        Assert.InRange(late, 0, 500);
    }

    [Fact]
    public void A_driver_that_brings_requests_rarely_is_told_of_each_at_once()
    {
        (int interrupts, int late) = Run(_hold, depth: 1, requests: 1000, between: TimeSpan.FromMilliseconds(2));
        Assert.Equal((1000, 0), (interrupts, late));
    }

    [Fact]
    public void No_completion_is_held_for_longer_than_many_interrupts_take()
    {
        Run(_hold, depth: 32, requests: 1000);
        (int interrupts, _) = Run(_hold, depth: 32, requests: 1000, between: TimeSpan.FromMicroseconds(60));
        Assert.InRange(interrupts, 200, 1000);
    }

    [Fact]
    public void On_a_single_processor_nothing_is_held()
    {
        (int interrupts, int late) = Run(Hold(processorCount: 1), depth: 32, requests: 1000);
        Assert.Equal((1000, 0), (interrupts, late));
    }

    private InterruptHold Hold(int processorCount) => new(new AdaptivePoll(TimeSpan.FromMicroseconds(50), _clock, processorCount), _clock);

    /// <summary>
    /// Serves requests one by one. Counts the interrupts, and those of them for which the driver had to wait with nothing left to do.
    /// </summary>
    private (int Interrupts, int Late) Run(InterruptHold hold, int depth, int requests, TimeSpan? between = null)
    {
        (int interrupts, int late, int untold) = (0, 0, 0);
        for (int i = 0; i < requests; i++)
        {
            _clock.Advance(between ?? BetweenRequests);
            hold.Add(1);
            untold++;
            if (hold.IsFull())
            {
                _clock.Advance(TimeToTell);
                hold.Told();
            }
            else if (hold.FindsMore(() => Look(untold < depth)))
            {
                continue;
            }
            else
            {
                late++;
            }

            interrupts++;
            untold = 0;
        }

        return (interrupts, late);
    }

    private bool Look(bool comes)
    {
        _clock.Advance(TimeSpan.FromMicroseconds(1));
        return comes;
    }
}
