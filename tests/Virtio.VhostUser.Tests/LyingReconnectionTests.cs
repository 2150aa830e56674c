using System.Runtime.Versioning;
using Virtio.Devices;
using Virtio.Testing;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>
/// A back-end dies and another takes its place. The device uses the new one only if it behaves correctly, and until then nothing is harmed.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class LyingReconnectionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly VhostUserDeviceOptions Short = new()
    {
        ReconnectTime = TimeSpan.FromMilliseconds(300),
        Timeout = TimeSpan.FromSeconds(5),
    };
    private static readonly VhostUserDeviceOptions Long = new()
    {
        ReconnectTime = TimeSpan.FromMinutes(5),
        Timeout = TimeSpan.FromSeconds(5),
    };

    [Theory]
    [MemberData(nameof(LyingBackendTests.Lies), MemberType = typeof(LyingBackendTests))]
    public Task One_that_lies_when_it_is_back_is_not_taken_and_may_do_better_then(Lie lie) => Task.Run(() =>
    {
        VhostUserDeviceOptions options = Short with { Timeout = TimeSpan.FromMilliseconds(200) };
        foreach (FrontendRequest request in (FrontendRequest[])
            [
                FrontendRequest.GetFeatures,
                FrontendRequest.GetConfig,
                FrontendRequest.SetFeatures,
                FrontendRequest.SetInflight,
                FrontendRequest.SetMemoryTable,
                FrontendRequest.SetRingBase,
                FrontendRequest.SetRingEnable,
            ])
        {
            using var backend = new LyingBackend();
            using TestBus bus = RemoteDisk.BusFor(VhostUserDevice.Connect(DeviceId.Block, backend.Path, options), hasEventSignals: true);
            MmioDriver driver = bus.Driver().Start();
            (backend.Where, backend.Lie) = (request, lie);
            backend.Disconnect();

            // Requests fail also while the device tries to reconnect again and again.
            for (int i = 0; i < 5; i++)
                Assert.Equal((byte)BlockResult.IoError, StatusOf(driver));
            backend.Lie = Lie.None;
            driver.Reset();
            Assert.True(SpinWait.SpinUntil(() => TryStart(driver), Limit));
        }
    }).WaitAsync(Limit);

    [Fact]
    public Task One_that_ends_each_connection_ends_no_other_thing() => Task.Run(() =>
    {
        using var backend = new LyingBackend();
        using TestBus bus = RemoteDisk.BusFor(VhostUserDevice.Connect(DeviceId.Block, backend.Path, Long), hasEventSignals: true);
        MmioDriver driver = bus.Driver().Start();
        int before = backend.Connections;
        while (backend.Connections < before + 10)
        {
            backend.Disconnect();
            driver.Notify(0);
        }

        driver.Reset();
        Assert.True(SpinWait.SpinUntil(() => TryStart(driver), Limit));
    }).WaitAsync(Limit);

    [Fact]
    public Task A_record_that_is_no_memory_costs_a_reset_and_nothing_more() => Task.Run(() =>
    {
        using var backend = new LyingBackend { RecordPath = "/dev/zero" };
        using TestBus bus = RemoteDisk.BusFor(VhostUserDevice.Connect(DeviceId.Block, backend.Path, Short), hasEventSignals: true);
        MmioDriver driver = bus.Driver().Start();

        // A record that cannot be cleared is only logged.
        driver.Reset();
        backend.RecordPath = null;
        driver.Start();
    }).WaitAsync(Limit);

    private static bool TryStart(MmioDriver driver)
    {
        try
        {
            driver.Start();
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or DeviceFailureException)
        {
            return false;
        }
    }

    private static byte StatusOf(MmioDriver driver) => (byte)new BlockDriver(driver).Read(0, new byte[512]);
}
