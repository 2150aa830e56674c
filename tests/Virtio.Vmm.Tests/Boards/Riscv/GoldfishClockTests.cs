using Virtio.Vmm.Boards.Riscv;

namespace Virtio.Vmm.Tests.Boards.Riscv;

public sealed class GoldfishClockTests : IDisposable
{
    private const ulong TimeLow = 0x00;
    private const ulong TimeHigh = 0x04;
    private const ulong AlarmLow = 0x08;
    private const ulong AlarmHigh = 0x0c;
    private const ulong InterruptEnabled = 0x10;
    private const ulong ClearAlarm = 0x14;
    private const ulong AlarmStatus = 0x18;
    private const ulong ClearInterrupt = 0x1c;
    private const ulong Second = 1_000_000_000;

    private static readonly DateTimeOffset Start = new(2026, 11, 8, 23, 59, 7, TimeSpan.Zero);

    private readonly SteppedTime _host = new(Start);
    private readonly GoldfishClock _clock;
    private bool _line;
    private int _moves;

    public GoldfishClockTests() => _clock = new GoldfishClock(_host, asserted =>
    {
        _line = asserted;
        _moves++;
    });

    public void Dispose() => _clock.Dispose();

    [Fact]
    public void It_shows_the_hosts_time_in_nanoseconds()
    {
        _host.Advance(TimeSpan.FromTicks(1_234_567));

        Assert.Equal((ulong)Start.ToUnixTimeSeconds() * Second + 123_456_700, ReadTime());
    }

    [Fact]
    public void The_high_half_belongs_to_the_low_half_that_was_read_before_it()
    {
        // The low half wraps every 4.3 seconds.
        var low = _clock.Read(TimeLow, 4);
        var before = (ulong)(_host.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        _host.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(before, _clock.Read(TimeHigh, 4) << 32 | low);
    }

    [Fact]
    public void The_guest_sets_its_own_time_which_goes_on_from_there()
    {
        WriteTime(77 * Second);
        _host.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(80 * Second, ReadTime());
    }

    [Fact]
    public void A_low_half_that_wraps_while_the_guest_sets_the_time_does_no_harm()
    {
        const ulong NearlyWrapped = (5UL << 32) - 1000;
        WriteTime(NearlyWrapped);
        _clock.Write(TimeHigh, 4, 0x100);
        _host.Advance(TimeSpan.FromMilliseconds(1));
        _clock.Write(TimeLow, 4, 42);

        Assert.Equal(0x100UL << 32 | 42, ReadTime());
    }

    [Fact]
    public void The_time_follows_a_host_whose_clock_is_set()
    {
        var before = ReadTime();
        _host.Set(TimeSpan.FromHours(-1));

        Assert.Equal(before - 3600 * Second, ReadTime());
    }

    [Fact]
    public void An_alarm_interrupts_when_its_time_has_come_and_not_before()
    {
        Arm(ReadTime() + 150 * Second);
        _clock.Write(InterruptEnabled, 4, 1);

        _host.Advance(TimeSpan.FromSeconds(149.999));
        Assert.False(_line);
        Assert.Equal(1u, _clock.Read(AlarmStatus, 4));
        _host.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(_line);
        Assert.Equal(0u, _clock.Read(AlarmStatus, 4));
        _clock.Write(ClearInterrupt, 4, 1);
        Assert.False(_line);
        _host.Advance(TimeSpan.FromDays(1));
        Assert.Equal(2, _moves);
    }

    [Fact]
    public void An_alarm_in_the_past_interrupts_at_once()
    {
        _clock.Write(InterruptEnabled, 4, 1);
        Arm(ReadTime() - 1);

        Assert.True(_line);
    }

    [Fact]
    public void An_alarm_that_is_cleared_does_not_interrupt()
    {
        _clock.Write(InterruptEnabled, 4, 1);
        Arm(ReadTime() + Second);
        _clock.Write(ClearAlarm, 4, 1);

        _host.Advance(TimeSpan.FromHours(1));

        Assert.False(_line);
    }

    [Fact]
    public void An_interrupt_that_is_not_enabled_waits_until_it_is()
    {
        Arm(ReadTime() + Second);
        _host.Advance(TimeSpan.FromSeconds(2));
        Assert.False(_line);

        _clock.Write(InterruptEnabled, 4, 1);
        Assert.True(_line);
        _clock.Write(InterruptEnabled, 4, 0);
        Assert.False(_line);
    }

    [Fact]
    public void Setting_the_time_beyond_an_alarm_sets_it_off()
    {
        _clock.Write(InterruptEnabled, 4, 1);
        Arm(ReadTime() + 1000 * Second);

        WriteTime(ReadTime() + 1001 * Second);

        Assert.True(_line);
    }

    [Fact]
    public void An_alarm_is_at_most_a_minute_late_when_the_hosts_clock_is_set()
    {
        _clock.Write(InterruptEnabled, 4, 1);
        Arm(ReadTime() + 36_000 * Second);
        _host.Set(TimeSpan.FromHours(11));

        _host.Advance(TimeSpan.FromMinutes(1));

        Assert.True(_line);
    }

    [Fact]
    public void The_farthest_alarm_there_is_costs_the_host_a_look_a_minute()
    {
        _clock.Write(InterruptEnabled, 4, 1);
        Arm(ulong.MaxValue);
        var changes = _host.TimerChanges;

        _host.Advance(TimeSpan.FromHours(1));

        Assert.Equal(60, _host.TimerChanges - changes);
        Assert.False(_line);
    }

    [Fact]
    public void Any_access_of_any_width_is_answered_and_what_is_no_register_has_no_effect()
    {
        var random = new Random(1);
        ulong[] values = [0, 1, uint.MaxValue, 0x8000_0000, ulong.MaxValue, 0xffff_ffff_8000_0001];
        for (var i = 0; i < 200_000; i++)
        {
            var offset = (ulong)random.Next((int)GoldfishClock.Size);
            var size = 1 << random.Next(4);
            if (random.Next(2) == 0)
                _clock.Write(offset, size, values[random.Next(values.Length)]);
            else
                Assert.InRange(_clock.Read(offset, size), 0u, size < 4 || offset % 4 != 0 || offset > ClearInterrupt ? 0u : uint.MaxValue);
        }

        _clock.Write(ClearAlarm, 8, 0);
        WriteTime(Second);
        _clock.Write(TimeLow, 2, 99);
        _clock.Write(TimeLow + 1, 4, 99);
        Assert.Equal(Second, ReadTime());
    }

    [Fact]
    public void After_its_end_it_moves_no_line()
    {
        _clock.Write(InterruptEnabled, 4, 1);
        Arm(ReadTime() + Second);
        _clock.Dispose();

        _host.Advance(TimeSpan.FromMinutes(1));
        Arm(0);

        Assert.Equal(0, _moves);
    }

    [Fact]
    public async Task With_the_hosts_own_timer_an_alarm_comes()
    {
        var rung = new TaskCompletionSource();
        using var clock = new GoldfishClock(TimeProvider.System, _ => rung.SetResult());
        var due = (ulong)(DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100 + Second / 5;
        clock.Write(AlarmHigh, 4, due >> 32);
        clock.Write(AlarmLow, 4, due & uint.MaxValue);
        clock.Write(InterruptEnabled, 4, 1);

        await rung.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.True((ulong)(DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100 >= due);
    }

    // As Linux does: reads low, then high; writes high, then low.
    private ulong ReadTime()
    {
        var low = _clock.Read(TimeLow, 4);
        return _clock.Read(TimeHigh, 4) << 32 | low;
    }

    private void WriteTime(ulong value)
    {
        _clock.Write(TimeHigh, 4, value >> 32);
        _clock.Write(TimeLow, 4, value & uint.MaxValue);
    }

    private void Arm(ulong value)
    {
        _clock.Write(AlarmHigh, 4, value >> 32);
        _clock.Write(AlarmLow, 4, value & uint.MaxValue);
    }
}
