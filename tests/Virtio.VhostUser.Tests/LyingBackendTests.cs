using System.Runtime.Versioning;
using Virtio.Devices;
using Virtio.Testing;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>
/// A back-end that sends or does anything wrong cannot harm anything else: within a limit the driver finds a device that works or one that
/// needs a reset.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class LyingBackendTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly VhostUserDeviceOptions Impatient = new()
    {
        Timeout = TimeSpan.FromMilliseconds(300),
        ReconnectTime = TimeSpan.Zero,
    };

    private static readonly FrontendRequest[] Beginning =
        [
            FrontendRequest.GetFeatures,
            FrontendRequest.GetProtocolFeatures,
            FrontendRequest.GetQueueCount,
            FrontendRequest.SetBackendChannel,
            FrontendRequest.GetConfig,
        ];

    private static readonly FrontendRequest[] Start =
    [
        FrontendRequest.SetFeatures,
        FrontendRequest.SetMemoryTable,
        FrontendRequest.SetRingSize,
        FrontendRequest.SetRingBase,
        FrontendRequest.SetRingAddresses,
        FrontendRequest.SetRingCall, FrontendRequest.SetRingError, FrontendRequest.SetRingKick, FrontendRequest.SetRingEnable,
    ];

    public static TheoryData<Lie> Lies => [.. Enum.GetValues<Lie>().Where(lie => lie != Lie.None)];

    [Theory]
    [MemberData(nameof(Lies))]
    public Task One_that_lies_at_the_beginning_is_refused(Lie lie) => InTimeAsync(() =>
    {
        foreach (FrontendRequest request in Beginning)
        {
            // Inverted protocol features are a valid offer: the front-end cannot distinguish them from a correct answer.
            if (lie == Lie.Inverted && request is FrontendRequest.GetProtocolFeatures)
                continue;
            using var backend = new LyingBackend { Where = request, Lie = lie };
            Assert.Throws<IOException>(() => VhostUserDevice.Connect(DeviceId.Block, backend.Path, Impatient));
        }
    });

    [Theory]
    [MemberData(nameof(Lies))]
    public Task One_that_lies_when_the_driver_starts_costs_a_reset_and_may_do_better_then(Lie lie) => InTimeAsync(() =>
    {
        foreach (FrontendRequest request in Start)
        {
            using var backend = new LyingBackend();
            using TestBus bus = RemoteDisk.BusFor(VhostUserDevice.Connect(DeviceId.Block, backend.Path, Impatient), hasEventSignals: true);
            (backend.Where, backend.Lie) = (request, lie);
            Assert.Throws<DeviceFailureException>(() => bus.Driver().Start());
            Assert.True(bus.Driver().Status.HasFlag(DeviceStatusBits.NeedsReset), $"{request}: {bus.Driver().Status}");
            backend.Lie = Lie.None;
            bus.Driver().Start();
        }
    });

    [Theory]
    [MemberData(nameof(Lies))]
    public Task One_that_lies_when_a_queue_is_stopped_stops_nobody(Lie lie) => InTimeAsync(() =>
    {
        using var backend = new LyingBackend();
        using TestBus bus = RemoteDisk.BusFor(VhostUserDevice.Connect(DeviceId.Block, backend.Path, Impatient), hasEventSignals: false);
        bus.Driver().Start();
        (backend.Where, backend.Lie) = (FrontendRequest.GetRingBase, lie);
        bus.Driver().Reset();
        bus.Driver().Start();
        bus.Driver().Reset();
        AssertFailedByTheBackend(bus.Driver());
    });

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    [InlineData(ulong.MaxValue)]
    public void A_number_of_queues_that_nobody_can_have_is_refused(ulong number)
    {
        using var backend = new LyingBackend { Where = FrontendRequest.GetQueueCount, Number = number };
        Assert.Contains(
            $"{number} queues",
            Assert.Throws<IOException>(() => VhostUserDevice.Connect(DeviceId.Block, backend.Path, Impatient)).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65535)]
    public async Task A_number_of_queues_in_the_configuration_that_is_none_gives_those_there_are(int number)
    {
        using var backend = new LyingBackend { ConfiguredQueues = (ushort)number };
        await using VhostUserDevice device = VhostUserDevice.Connect(DeviceId.Block, backend.Path, Impatient);
        Assert.Equal(1, device.QueueSizes.Length);
    }

    [Fact]
    public void One_that_knows_only_the_legacy_interface_is_refused()
    {
        using var backend = new LyingBackend { Where = FrontendRequest.GetFeatures, Number = 1UL << 30 };
        Assert.Contains(
            "VERSION_1",
            Assert.Throws<IOException>(() => VhostUserDevice.Connect(DeviceId.Block, backend.Path, Impatient)).Message);
    }

    [Fact]
    public void One_that_offers_less_when_it_is_back_is_not_taken_back()
    {
        using var backend = new LyingBackend();
        using TestBus bus = RemoteDisk.BusFor(VhostUserDevice.Connect(DeviceId.Block, backend.Path, Impatient), hasEventSignals: true);
        MmioDriver driver = bus.Driver().Start();
        (backend.Where, backend.Number) = (FrontendRequest.GetFeatures, (1UL << 32) | (1UL << 30));
        backend.Disconnect();
        AwaitNeedsReset(driver);
        Assert.Throws<DeviceFailureException>(() => driver.Start());
        backend.Number = null;
        driver.Start();
    }

    [Fact]
    public Task A_ring_that_it_says_is_broken_needs_a_reset() => AfterStartAsync(backend => Signal(backend, FrontendRequest.SetRingError));

    [Fact]
    public Task Half_a_message_on_its_channel_needs_a_reset() => AfterStartAsync(backend => backend.SendOnChannel([2, 0, 0]));

    [Fact]
    public Task A_message_without_end_on_its_channel_needs_a_reset() =>
        AfterStartAsync(backend => backend.SendOnChannel([2, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f]));

    [Fact]
    public Task Interrupts_without_a_reason_do_no_harm() => InTimeAsync(() =>
    {
        using var backend = new LyingBackend();
        using TestBus bus = RemoteDisk.BusFor(VhostUserDevice.Connect(DeviceId.Block, backend.Path, Impatient), hasEventSignals: true);
        MmioDriver driver = bus.Driver().Start();
        for (int i = 0; i < 100; i++)
        {
            Signal(backend, FrontendRequest.SetRingCall);
            Assert.Equal(InterruptBits.UsedBuffer, driver.WaitForInterrupt(Limit));
        }

        // The back-end still has the descriptor of the call after the reset.
        driver.Reset();
        Signal(backend, FrontendRequest.SetRingCall);
        Assert.Equal(InterruptBits.None, driver.PendingInterrupts);
        driver.Start();
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Kicks_that_it_leaves_no_room_for_hold_up_nobody(bool hasEventSignals) => InTimeAsync(() =>
    {
        using var backend = new LyingBackend();
        using TestBus bus = RemoteDisk.BusFor(VhostUserDevice.Connect(DeviceId.Block, backend.Path, Impatient), hasEventSignals);
        MmioDriver driver = bus.Driver().Start();
        Signal(backend, FrontendRequest.SetRingKick, ulong.MaxValue - 1);
        for (int i = 0; i < 100; i++)
            driver.Notify(0);
        driver.Reset();
    });

    private static Task AfterStartAsync(Action<LyingBackend> act) => InTimeAsync(() =>
    {
        using var backend = new LyingBackend();
        using TestBus bus = RemoteDisk.BusFor(VhostUserDevice.Connect(DeviceId.Block, backend.Path, Impatient), hasEventSignals: true);
        MmioDriver driver = bus.Driver().Start();
        act(backend);
        AwaitNeedsReset(driver);
        driver.Start();
        AssertFailedByTheBackend(driver);
    });

    // A lie of the back-end is an I/O error of the device, not a fault of the device's code. Not every lie causes an exception.
    private static void AssertFailedByTheBackend(MmioDriver driver)
    {
        if (driver.ShowFailure() is { } failure)
            Assert.IsAssignableFrom<IOException>(failure);
    }

    private static void Signal(LyingBackend backend, FrontendRequest request, ulong count = 1) =>
        RandomAccess.Write(backend.Descriptor(request), BitConverter.GetBytes(count), 0);

    private static void AwaitNeedsReset(MmioDriver driver) =>
        Assert.True(SpinWait.SpinUntil(() => driver.Status.HasFlag(DeviceStatusBits.NeedsReset), Limit), $"the status is {driver.Status}");

    private static Task InTimeAsync(Action test) => Task.Run(test).WaitAsync(Limit);
}
