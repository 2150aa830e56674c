using Virtio.Vmm.Boards.X86;

namespace Virtio.Vmm.Tests.Boards.X86;

public sealed class StopDetectionTests : IDisposable
{
    private readonly SteppedTime _host = new(DateTimeOffset.UnixEpoch);
    private readonly StopDetection _stops;
    private int _calls;

    public StopDetectionTests() => _stops = new StopDetection(_host, () => _calls++);

    public void Dispose() => _stops.Dispose();

    [Fact]
    public void A_guest_that_runs_for_an_hour_without_an_exit_was_not_stopped()
    {
        _host.Advance(TimeSpan.FromHours(1));

        Assert.Equal((0, 0), (_stops.Count, _calls));
    }

    [Fact]
    public void A_delay_of_a_busy_host_is_no_stop()
    {
        for (var i = 0; i < 10; i++)
            _host.Stop(TimeSpan.FromMilliseconds(900));

        Assert.Equal((0, 0), (_stops.Count, _calls));
    }

    [Fact]
    public void Each_stop_is_noticed_once_whether_a_processor_or_the_timer_sees_it_first()
    {
        _host.Advance(TimeSpan.FromSeconds(3));
        _host.Stop(TimeSpan.FromMinutes(1));
        _stops.Look();
        Assert.Equal((1, 1), (_stops.Count, _calls));

        _stops.Dispose();
        _host.Advance(TimeSpan.FromSeconds(2));
        _stops.Look();
        _stops.Look();
        Assert.Equal((2, 2), (_stops.Count, _calls));
    }
}
