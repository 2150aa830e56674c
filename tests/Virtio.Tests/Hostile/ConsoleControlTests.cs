using System.Buffers.Binary;
using Virtio.Devices.Console;
using Virtio.Testing;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Hostile;

/// <summary>What a hostile driver may send on the control queues of a console, and how it may take what it is sent.</summary>
public sealed class ConsoleControlTests : IDisposable
{
    private const int Transmit = 3;
    private readonly CountingLogger _log = new();
    private readonly TestBus _bus;

    public ConsoleControlTests() => _bus = new TestBus(
        new TestBusOptions { MemorySize = 4 << 20, Bus = new MmioBusOptions { Logger = _log } },
        new ConsoleDevice(new ConsoleDeviceOptions { MaxPortCount = 3, Ports = [new ConsolePortOptions { Name = "agent" }] }));

    private MmioDriver Driver => _bus.Driver();

    public void Dispose() => _bus.Dispose();

    [Fact]
    public void Messages_of_any_length_event_port_and_value_are_survived()
    {
        var control = new ConsoleControlDriver(Driver.Start());
        var random = new Random(5);
        for (int i = 0; i < 1000; i++)
        {
            byte[] message = new byte[random.Next(1, 20)];
            random.NextBytes(message);
            if (message.Length >= 6 && random.Next(2) == 0)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)random.Next(5));
                BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), (ushort)random.Next(10));
            }

            control.SendBytes(message);
        }

        AssertServesTheNextDriver();
    }

    [Fact]
    public void A_flood_of_messages_without_a_buffer_for_the_answers_makes_nothing_grow()
    {
        var control = new ConsoleControlDriver(Driver.Start());
        control.Send(ConsoleEvent.DeviceReady);
        Assert.Equal("PortAdd 0 1", control.Receive());
        Assert.Equal("PortAdd 1 1", control.Receive());
        for (uint i = 0; i < 1000; i++)
            control.Send(ConsoleEvent.PortReady, i % 4);

        // Each port is introduced once, however often the driver asked.
        string[] answers = [.. Enumerable.Range(0, 4).Select(_ => control.Receive())];
        Assert.Equal(["ConsolePort 0 1", "PortOpen 0 1", "PortName 1 1 agent", "PortOpen 1 1"], answers);
        control.AssertSilent();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(12)]
    public void A_buffer_that_is_too_small_for_a_message_holds_up_no_other(int room)
    {
        var control = new ConsoleControlDriver(Driver.Start());
        control.Send(ConsoleEvent.DeviceReady);
        if (room < 8)
            Assert.Empty(Driver.Queue(2).Exchange([], room));
        else
            Assert.Equal("PortAdd 0 1", control.Receive());
        Assert.Equal("PortAdd 1 1", control.Receive());
        control.Send(ConsoleEvent.PortReady, 1);
        Assert.Empty(Driver.Queue(2).Exchange([], Math.Min(room, 12)));
        Assert.Equal("PortOpen 1 1", control.Receive());
        Assert.Equal(1, _log.Lines);
        AssertServesTheNextDriver();
    }

    [Fact]
    public void A_driver_that_could_not_add_a_port_is_logged_once()
    {
        var control = new ConsoleControlDriver(Driver.Start());
        control.Send(ConsoleEvent.DeviceReady);
        control.Receive();
        for (int i = 0; i < 100; i++)
        {
            control.Send(ConsoleEvent.PortReady, 0, value: 0);
            control.Send(ConsoleEvent.DeviceReady, value: 0);
        }

        Assert.Equal(1, _log.Lines);
        AssertServesTheNextDriver();
    }

    [Fact]
    public async Task Ports_that_come_and_go_under_a_driver_that_resets_the_device_are_survived()
    {
        var device = (ConsoleDevice)Driver.Device;
        using var end = new CancellationTokenSource();
        Task changes = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
                await device.RemovePortAsync(device.AddPort(new ConsolePortOptions { Name = "passing", Output = Stream.Null }));
        });
        for (int i = 0; i < 40; i++)
        {
            var control = new ConsoleControlDriver(Driver.Start());
            control.Send(ConsoleEvent.DeviceReady);
            Assert.Equal("PortAdd 0 1", control.Receive());
            for (uint port = 0; port < 3; port++)
            {
                control.Send(ConsoleEvent.PortReady, port);
                control.Send(ConsoleEvent.PortOpen, port);
                Driver.Queue(port == 0 ? 1 : (int)(3 + (2 * port))).Exchange([1], 0);
            }
        }

        await end.CancelAsync();
        await changes;
        AssertServesTheNextDriver();
    }

    private void AssertServesTheNextDriver()
    {
        Assert.False(Driver.Status.HasFlag(DeviceStatusBits.NeedsReset));
        new ConsoleControlDriver(Driver.Start()).Open(0, 1);
        Assert.Equal(0, Driver.Queue(Transmit).Outstanding);
    }
}
