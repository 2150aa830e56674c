using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Driver;

/// <summary>
/// An exception of the user's device or storage reaches the test, with its stack trace, in each way in which the test can end.
/// </summary>
public sealed class DeviceFailureTests
{
    private readonly EntryLogger _log = new();

    [Theory]
    [MemberData(nameof(RingKind.LayoutNames), MemberType = typeof(RingKind))]
    public void An_exchange_with_a_device_whose_handler_throws_throws_that_exception_at_once(string ring)
    {
        // The time-out is an hour, so a testing kit that waits for an answer that cannot come makes the test hang.
        var device = new ProbeDevice(_ => ThrowInHandler()) { RingFeatures = RingKind.Named(ring) };
        using var bus = new TestBus(new TestBusOptions { Timeout = TimeSpan.FromHours(1) }, device);
        DriverQueue queue = bus.Driver().Start().Queue();
        var failure = Assert.Throws<DeviceFailureException>(() => queue.Exchange("x"u8, 8));
        Assert.IsType<InvalidTimeZoneException>(failure.InnerException);
        Assert.Contains(nameof(ThrowInHandler), failure.InnerException.StackTrace, StringComparison.Ordinal);
        Assert.Contains("the handler's own fault", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pump_that_throws_fails_what_waits_for_it()
    {
        var device = new ProbeDevice
        {
            Starting = (_, queue, activation) =>
                QueueWorker.StartHostDriven("host", queue, activation, _ => throw new InvalidTimeZoneException("the pump's own fault")),
        };
        using var bus = new TestBus(new TestBusOptions { Timeout = TimeSpan.FromHours(1) }, device);
        var failure = Assert.Throws<DeviceFailureException>(() => bus.Driver().Start().Queue().Exchange([], 8));
        Assert.IsType<InvalidTimeZoneException>(failure.InnerException);
    }

    [Fact]
    public void A_device_that_declares_itself_broken_fails_what_waits_for_it_with_its_reason()
    {
        ProbeDevice device = null!;
        device = new ProbeDevice(chain =>
        {
            device.Activation!.Fail("out of ink");
            chain.Complete();
        });
        using var bus = new TestBus(new TestBusOptions { Timeout = TimeSpan.FromHours(1) }, device);
        var failure = Assert.Throws<DeviceFailureException>(() => bus.Driver().Start().Queue().Exchange("x"u8, 8));
        Assert.Contains("out of ink", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_that_the_test_did_not_see_comes_out_of_the_disposal()
    {
        var bus = new TestBus(new ProbeDevice(), new BlockDevice(new FailingStorage(new InvalidTimeZoneException("the fault"))));
        var disk = new BlockDriver(bus.Driver(1).Start());
        Assert.Equal(BlockResult.IoError, disk.Read(0, new byte[512]));
        var failure = await Assert.ThrowsAsync<DeviceFailureException>(async () => await bus.DisposeAsync());
        Assert.IsType<InvalidTimeZoneException>(failure.InnerException);
        Assert.Contains("device 1, a BlockDevice", failure.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(FailingStorage), failure.InnerException.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_that_the_test_asked_for_does_not()
    {
        var bus = new TestBus(new BlockDevice(new FailingStorage(new InvalidTimeZoneException("the storage's own fault"))));
        new BlockDriver(bus.Driver().Start()).Read(0, new byte[512]);
        Assert.IsType<InvalidTimeZoneException>(bus.Driver().ShowFailure());
        await bus.DisposeAsync();
    }

    [Fact]
    public async Task A_storage_that_refuses_with_an_IOException_fails_no_test_and_its_reason_can_be_had()
    {
        await using var bus = new TestBus(new BlockDevice(new FailingStorage(new StorageException("sector 0 is scratched"))));
        Assert.Equal(BlockResult.IoError, new BlockDriver(bus.Driver().Start()).Read(0, new byte[512]));
        Assert.Equal("sector 0 is scratched", bus.Driver().ShowFailure()?.Message);
    }

    [Fact]
    public async Task The_exception_of_the_disposal_contains_the_tests_own()
    {
        var failure = await Assert.ThrowsAsync<DeviceFailureException>(async () =>
        {
            await using var bus = new TestBus(new BlockDevice(new FailingStorage(new InvalidTimeZoneException("the storage's own fault"))));
            Assert.Equal(BlockResult.Ok, new BlockDriver(bus.Driver().Start()).Read(0, new byte[512]));
        });
        Assert.IsType<InvalidTimeZoneException>(failure.InnerException);
        Assert.Contains("Assert.Equal() Failure", failure.Message, StringComparison.Ordinal);
        Assert.Contains("IoError", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_that_cannot_be_read_is_seen_also_before_the_driver_is_ready()
    {
        var bus = new TestBus(new ThrowingConfigDevice());
        Assert.Equal(0u, bus.Driver().ReadRegister(MmioRegisters.Config));
        var failure = await Assert.ThrowsAsync<DeviceFailureException>(async () => await bus.DisposeAsync());
        Assert.IsType<ArgumentOutOfRangeException>(failure.InnerException);
    }

    [Fact]
    public async Task The_log_entries_carry_the_exception()
    {
        var fault = new InvalidTimeZoneException("the storage's own fault");
        await using var bus = new TestBus(new TestBusOptions { Bus = new MmioBusOptions { Logger = _log } },
            new BlockDevice(new FailingStorage(fault)), new ProbeDevice(_ => throw fault));
        new BlockDriver(bus.Driver().Start()).Read(0, new byte[512]);
        Assert.Throws<DeviceFailureException>(() => bus.Driver(1).Start().Queue().Exchange("x"u8, 0));
        Assert.Same(fault, Assert.Single(_log.Of(201)).Exception);
        Assert.Same(fault, Assert.Single(_log.Of(101)).Exception);
        Assert.Same(fault, bus.Driver().ShowFailure());
    }

    private static void ThrowInHandler() => throw new InvalidTimeZoneException("the handler's own fault");

    /// <summary>A storage that throws the given exception.</summary>
    private sealed class FailingStorage(Exception fault) : IBlockStorage
    {
        public long Length => 1 << 20;

        public ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default) =>
            throw fault;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
