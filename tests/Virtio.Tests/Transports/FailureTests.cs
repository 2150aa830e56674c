using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Transports;

/// <summary>A device whose own code fails takes down neither the process nor the log.</summary>
public sealed class FailureTests
{
    private readonly CountingLogger _log = new();

    [Fact]
    public void A_handler_that_throws_needs_a_reset_gives_its_chain_back_and_logs_a_bounded_number_of_times()
    {
        using TestBus bus = Bus(new ProbeDevice(_ => throw new InvalidDataException("the handler's own fault")));
        MmioDriver driver = bus.Driver();
        for (int i = 0; i < 50; i++)
        {
            driver.Start();
            driver.Queue().Offer(DriverBuffer.Readable(bus.Allocator.Allocate(1), 1));
            driver.Queue().Kick();
            driver.AwaitNeedsReset();
        }

        driver.Reset();
        Assert.IsType<InvalidDataException>(driver.ShowFailure());
        Assert.Contains("the handler's own fault", _log.Last, StringComparison.Ordinal);
        Assert.InRange(_log.Lines, 1, 10);
    }

    [Fact]
    public void A_device_that_throws_when_its_configuration_is_accessed_needs_a_reset()
    {
        using TestBus bus = Bus(new ThrowingConfigDevice());
        MmioDriver driver = bus.Driver().Start();
        Assert.Equal(0u, driver.ReadRegister(MmioRegisters.Config));
        driver.AwaitNeedsReset();
        driver.Start().WriteConfig(0, 1u);
        driver.AwaitNeedsReset();
        driver.Start();
        Assert.Equal(0u, driver.ReadRegister(MmioRegisters.ConfigGeneration));
        driver.AwaitNeedsReset();
        driver.Reset();
        Assert.Equal(0u, driver.ReadRegister(MmioRegisters.Config));
        Assert.NotNull(driver.ShowFailure());
        Assert.InRange(_log.Lines, 1, 10);
    }

    [Fact]
    public void A_device_that_throws_when_it_is_stopped_or_reset_is_reset_all_the_same()
    {
        using TestBus bus = Bus(new ProbeDevice
        {
            OnStop = () => throw new InvalidOperationException("cannot stop"),
            OnReset = () => throw new InvalidOperationException("cannot reset"),
        });
        for (int i = 0; i < 20; i++)
        {
            new ProbeKind().AssertWorks(bus.Driver().Start());
            bus.Driver().Reset();
        }

        Assert.Contains("cannot", bus.Driver().ShowFailure()!.Message, StringComparison.Ordinal);
        Assert.InRange(_log.Lines, 1, 10);
    }

    [Fact]
    public void A_listener_to_the_stop_of_a_queue_that_throws_does_not_keep_it_from_stopping()
    {
        ProbeDevice device = null!;
        device = new ProbeDevice(chain =>
        {
            device.Queue!.Stopping.Register(() => throw new InvalidOperationException("does not want to stop"));
            chain.Complete();
        });
        using TestBus bus = Bus(device);
        bus.Driver().Start().Queue().Exchange("x"u8, 0);
        bus.Driver().Start().Queue().Exchange("x"u8, 0);
    }

    [Fact]
    public async Task A_device_that_cannot_be_disposed_keeps_no_other_from_it()
    {
        int disposed = 0;
        var first = new ProbeDevice { OnDispose = () => throw new IOException("the medium is gone") };
        var second = new ProbeDevice
        {
            OnDispose = () =>
            {
                disposed++;
                return ValueTask.CompletedTask;
            },
        };
        var bus = new TestBus(first, second);
        foreach (MmioDriver driver in bus.Drivers)
            driver.Start();
        await Assert.ThrowsAsync<IOException>(async () => await bus.DisposeAsync());
        Assert.Equal((1, 1, 1), (disposed, first.Resets, second.Resets));
    }

    private TestBus Bus(Virtio.Devices.IVirtioDevice device) =>
        new(new TestBusOptions { Bus = new MmioBusOptions { Logger = _log } }, device);
}
