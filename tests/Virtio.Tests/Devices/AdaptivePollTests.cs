using Virtio.Devices;

namespace Virtio.Tests.Devices;

/// <summary>Runs on a clock of the test's own, on which each poll takes a microsecond.</summary>
public sealed class AdaptivePollTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMicroseconds(50);

    private readonly SteppedClock _clock = new();
    private readonly AdaptivePoll _poll;
    private int _looks;
    private int _foundAtLook = int.MaxValue;

    public AdaptivePollTests() => _poll = new AdaptivePoll(Limit, _clock, processorCount: 2);

    [Fact]
    public void What_comes_within_the_limit_is_found_without_a_sleep()
    {
        _foundAtLook = 80;
        Assert.True(Finds());
        Assert.Equal(80, _looks);
    }

    [Fact]
    public void It_gives_up_at_the_limit()
    {
        Assert.False(Finds());

        // At first it may poll without reading the clock; afterwards it reads the clock every few polls.
        Assert.InRange(_looks, 50, 100);
    }

    [Fact]
    public void Long_sleeps_end_the_looking()
    {
        for (int i = 0; i < 10; i++)
            Sleep(TimeSpan.FromMilliseconds(1));
        Assert.False(Finds());
        Assert.Equal(0, _looks);
    }

    [Fact]
    public void Now_and_then_it_looks_all_the_same_and_ever_more_rarely_where_nothing_comes()
    {
        List<int> trials = [.. Enumerable.Range(0, 2000).Where(_ => Sleep(TimeSpan.FromMilliseconds(1)) > 0).Skip(6)];
        Assert.InRange(trials.Count, 5, 10);
        int[] gaps = [.. trials.Zip(trials.Skip(1), (one, next) => next - one)];
        Assert.Equal(gaps.Order(), gaps);
    }

    [Fact]
    public void A_trial_that_finds_something_brings_the_looking_back_where_every_sleep_outlasts_the_limit()
    {
        for (int i = 0; i < 10; i++)
            Sleep(TimeSpan.FromMilliseconds(1));
        _foundAtLook = 20;
        int slept = 0;
        while (Sleep(TimeSpan.FromMilliseconds(1)) == 0)
            Assert.InRange(slept++, 0, 40);
        _looks = 0;
        Assert.True(Finds());
        _foundAtLook = int.MaxValue;
        _looks = 0;
        Assert.False(Finds());
        Assert.InRange(_looks, 40, 100);
    }

    [Fact]
    public void Where_requests_only_come_when_nobody_looks_any_more_it_rests_ever_longer()
    {
        int first = Enumerable.Range(0, 200).Sum(_ => Sleep(TimeSpan.FromMicroseconds(5)));
        int second = Enumerable.Range(0, 2000).Sum(_ => Sleep(TimeSpan.FromMicroseconds(5)));
        Assert.InRange(first, 1, 4000);
        Assert.InRange(second, 1, 4000);
    }

    [Fact]
    public void Each_long_sleep_shortens_the_looking()
    {
        int before = int.MaxValue;
        for (int i = 0; i < 3; i++)
        {
            Sleep(TimeSpan.FromMilliseconds(1));
            Assert.True(_looks < before, $"{_looks} looks after {before}");
            before = _looks;
        }
    }

    [Fact]
    public void Short_sleeps_bring_the_looking_back_up_to_the_limit()
    {
        for (int i = 0; i < 10; i++)
            Sleep(TimeSpan.FromMilliseconds(1));
        _foundAtLook = 70;
        for (int i = 0; i < 10; i++)
            Sleep(TimeSpan.FromMicroseconds(20));
        _foundAtLook = int.MaxValue;
        _looks = 0;
        Assert.False(Finds());
        Assert.InRange(_looks, 50, 100);
    }

    [Fact]
    public void Once_the_processor_was_taken_away_it_stops_for_many_sleeps_however_short()
    {
        Assert.False(_poll.Finds(() =>
        {
            _looks++;
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            return false;
        }));
        int before = _looks;
        for (int i = 0; i < 20; i++)
        {
            _poll.Slept();
            Assert.False(_poll.Finds(Look));
        }

        Assert.Equal(before, _looks);
        _foundAtLook = 70;
        for (int i = 0; i < 40; i++)
            Sleep(TimeSpan.FromMicroseconds(20));
        _foundAtLook = int.MaxValue;
        _looks = 0;
        Assert.False(Finds());
        Assert.InRange(_looks, 50, 100);
    }

    [Fact]
    public void On_a_single_processor_it_never_looks()
    {
        var poll = new AdaptivePoll(Limit, _clock, processorCount: 1);
        Assert.False(poll.Finds(Look));
        poll.Slept();
        Assert.False(poll.Finds(Look));
        Assert.Equal(0, _looks);
    }

    [Fact]
    public void Without_a_limit_it_never_looks()
    {
        var poll = new AdaptivePoll(TimeSpan.Zero, _clock, processorCount: 8);
        Assert.False(poll.Finds(Look));
        poll.Slept();
        Assert.False(poll.Finds(Look));
        Assert.Equal(0, _looks);
    }

    private bool Finds() => _poll.Finds(Look);

    /// <summary>Sleeps if polling finds nothing. Returns the number of polls before the sleep.</summary>
    private int Sleep(TimeSpan duration)
    {
        _looks = 0;
        if (!Finds())
        {
            _clock.Advance(duration);
            _poll.Slept();
        }

        return _looks;
    }

    private bool Look()
    {
        _clock.Advance(TimeSpan.FromMicroseconds(1));
        return ++_looks >= _foundAtLook;
    }
}
