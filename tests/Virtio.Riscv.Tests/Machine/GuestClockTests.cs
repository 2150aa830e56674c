namespace Virtio.Riscv.Tests.Machine;

/// <summary>Guest time while the process runs, is delayed, and is stopped.</summary>
public sealed class GuestClockTests
{
    private const ulong Frequency = 10_000_000;

    private readonly HostTime _host = new();

    [Theory]
    [InlineData(1_000_000_000)]
    [InlineData(24_000_000)] // not a multiple of the guest's rate
    public void Guest_time_is_host_time_at_the_guests_rate(long hostFrequency)
    {
        _host.Frequency = hostFrequency;
        GuestClock clock = new(Frequency, _host);

        for (int i = 0; i < 100; i++)
        {
            _host.Advance(TimeSpan.FromMilliseconds(100));
            Assert.Equal((ulong)(i + 1) * Frequency / 10, clock.Now);
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(300)]
    [InlineData(1000)]
    public void A_delay_of_a_busy_host_counts(int milliseconds)
    {
        GuestClock clock = new(Frequency, _host);

        for (int i = 0; i < 100; i++)
        {
            _host.Advance(TimeSpan.FromMilliseconds(milliseconds));
            _ = clock.Now;
        }

        Assert.Equal((ulong)(100 * milliseconds) * Frequency / 1000, clock.Now);
    }

    [Fact]
    public void Time_in_which_the_process_did_not_run_is_skipped()
    {
        GuestClock clock = new(Frequency, _host);
        _host.Advance(TimeSpan.FromMilliseconds(500));
        ulong before = clock.Now;

        _host.Advance(TimeSpan.FromMinutes(1));
        ulong after = clock.Now;
        _host.Advance(TimeSpan.FromMilliseconds(700));

        Assert.InRange(after, before, before + Frequency / 50);
        Assert.Equal(after + 7 * Frequency / 10, clock.Now);
    }

    [Fact]
    public void Time_that_a_hart_has_seen_just_before_a_stop_does_not_come_again()
    {
        GuestClock clock = new(Frequency, _host);
        ulong last = 0;
        for (int stop = 0; stop < 1000; stop++)
        {
            for (int look = 0; look < 15; look++)
            {
                _host.Advance(TimeSpan.FromMicroseconds(stop * 17 % 1100));
                last = Later(last, clock.Now);
            }

            _host.Advance(TimeSpan.FromSeconds(1 + stop));
            last = Later(last, clock.Now);
        }
    }

    [Fact]
    public async Task No_hart_sees_time_go_back_or_sees_a_stop_when_all_look_at_once()
    {
        const int Stops = 2000;
        GuestClock clock = new(Frequency, _host);
        bool ended = false;
        Task<ulong>[] harts = [.. Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
            () =>
            {
                ulong last = 0;
                while (!Volatile.Read(ref ended))
                    last = Later(last, clock.Now);
                return last;
            },
            TaskCreationOptions.LongRunning))];

        ulong now = 0;
        for (int stop = 0; stop < Stops; stop++)
        {
            _host.Advance(TimeSpan.FromMinutes(1));
            now = Later(now, clock.Now);
        }

        Volatile.Write(ref ended, true);
        ulong latest = (await Task.WhenAll(harts)).Max();

        // For each stop the guest's clock counts only the few milliseconds before it.
        Assert.InRange(now, 0u, Stops * Frequency / 50);
        Assert.InRange(latest, 0u, now);
    }

    private static ulong Later(ulong before, ulong now)
    {
        Assert.True(now >= before, $"The time went from {before} to {now}.");
        return now;
    }

    private sealed class HostTime : TimeProvider
    {
        private long _timestamp = 123_456_789;

        public long Frequency { get; set; } = 1_000_000_000;

        public override long TimestampFrequency => Frequency;

        public void Advance(TimeSpan time) => Interlocked.Add(ref _timestamp, (long)(time.TotalSeconds * Frequency));

        public override long GetTimestamp() => Volatile.Read(ref _timestamp);
    }
}
