using Virtio.Devices;

namespace Virtio.Tests.Devices;

/// <summary>Time is what the test says it is: a look takes a microsecond of it.</summary>
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

        // It may look without a clock at first, and reads the clock every few looks afterwards.
        Assert.InRange(_looks, 50, 100);
    }

    [Fact]
    public void Long_sleeps_end_the_looking_altogether()
    {
        for (int i = 0; i < 10; i++)
            Sleep(TimeSpan.FromMilliseconds(1));
        Assert.False(Finds());
        Assert.Equal(0, _looks);
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
        for (int i = 0; i < 10; i++)
            Sleep(TimeSpan.FromMicroseconds(20));
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
        for (int i = 0; i < 40; i++)
            Sleep(TimeSpan.FromMicroseconds(20));
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

    private void Sleep(TimeSpan duration)
    {
        _looks = 0;
        Finds();
        _clock.Advance(duration);
        _poll.Slept();
    }

    private bool Look()
    {
        _clock.Advance(TimeSpan.FromMicroseconds(1));
        return ++_looks >= _foundAtLook;
    }
}
