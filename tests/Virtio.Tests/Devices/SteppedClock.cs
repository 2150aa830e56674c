namespace Virtio.Tests.Devices;

/// <summary>A clock that advances only when the test tells it to.</summary>
internal sealed class SteppedClock : TimeProvider
{
    private long _now;

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => _now;

    internal void Advance(TimeSpan time) => _now += time.Ticks * 100;
}
