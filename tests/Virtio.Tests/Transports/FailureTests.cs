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
        Assert.InRange(_log.Lines, 1, 10);
    }

    private TestBus Bus(Virtio.Devices.IVirtioDevice device) => new(new TestBusOptions { Bus = new MmioBusOptions { Logger = _log } }, device);
}
