using Microsoft.Extensions.Logging;

namespace Virtio.VhostUser.Tests;

public sealed class PacedLoggerTests
{
    [Fact]
    public void A_flood_leaves_a_burst_and_a_word_about_it_and_then_one_a_minute()
    {
        var log = new CountingLogger();
        var clock = new Clock();
        var paced = new PacedLogger(log, clock);
        Flood(paced);
        Assert.Equal(PacedLogger.Burst + 1, log.Count);
        clock.Now += 3 * PacedLogger.Pace.Ticks;
        Flood(paced);
        Assert.Equal(PacedLogger.Burst + 1 + 3 + 1, log.Count);
        clock.Now += 1000 * PacedLogger.Pace.Ticks;
        Flood(paced);
        Assert.Equal((2 * (PacedLogger.Burst + 1)) + 3 + 1, log.Count);
    }

    [Fact]
    public void What_happens_seldom_is_all_there()
    {
        var log = new CountingLogger();
        var clock = new Clock();
        var paced = new PacedLogger(log, clock);
        for (int i = 0; i < 500; i++)
        {
            VhostUserLog.Refused(paced, "something", exception: null);
            clock.Now += PacedLogger.Pace.Ticks;
        }

        Assert.Equal(500, log.Count);
    }

    private static void Flood(PacedLogger paced)
    {
        for (int i = 0; i < 10_000; i++)
            VhostUserLog.Refused(paced, "something", exception: null);
    }

    private sealed class Clock : TimeProvider
    {
        internal long Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;
    }

    private sealed class CountingLogger : ILogger
    {
        internal int Count { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Count++;
    }
}
