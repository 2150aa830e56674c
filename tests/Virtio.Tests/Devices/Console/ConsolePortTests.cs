using System.IO.Pipelines;
using System.Text;
using Virtio.Devices.Console;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Devices.Console;

public sealed class ConsolePortTests
{
    private const int FirstQueueOfPort1 = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly MemoryStream _output = new();

    [Fact]
    public void A_driver_is_told_number_kind_name_and_size_of_each_port()
    {
        using TestBus bus = OnBus(new ConsoleDeviceOptions
        {
            Columns = 132,
            Rows = 43,
            Ports = [new ConsolePortOptions { Name = "agent" }, new ConsolePortOptions()],
        });
        var control = new ConsoleControlDriver(bus.Driver().Start());
        Assert.Equal(3, bus.Driver().ReadConfig<int>(4));
        Assert.Equal(8, bus.Driver().QueueCount);

        control.Send(ConsoleEvent.DeviceReady);
        Assert.Equal(["PortAdd 0 1", "PortAdd 1 1", "PortAdd 2 1"], Messages(control, 3));
        control.Send(ConsoleEvent.PortReady, 0);
        Assert.Equal(["ConsolePort 0 1", "Resize 0 1 84002b00", "PortOpen 0 1"], Messages(control, 3));
        control.Send(ConsoleEvent.PortReady, 1);
        Assert.Equal(["PortName 1 1 agent", "PortOpen 1 1"], Messages(control, 2));
        control.Send(ConsoleEvent.PortReady, 2);
        Assert.Equal(["PortOpen 2 1"], Messages(control, 1));
        control.AssertSilent();
    }

    [Fact]
    public async Task Input_waits_until_the_driver_has_opened_the_port_and_while_it_is_closed()
    {
        var keys = new Pipe();
        await using TestBus bus = OnBus(new ConsoleDeviceOptions { Input = keys.Reader.AsStream(), InputHold = TimeSpan.Zero });
        MmioDriver driver = bus.Driver().Start();
        var control = new ConsoleControlDriver(driver);
        await keys.Writer.WriteAsync("early"u8.ToArray());
        driver.Queue().Offer(DriverBuffer.Writable(bus.Allocator.Allocate(16), 16));
        driver.Queue().Kick();
        control.Send(ConsoleEvent.DeviceReady);
        control.Receive();
        control.Send(ConsoleEvent.PortReady);
        Assert.False(driver.Queue().TryCollect(out _));

        control.Send(ConsoleEvent.PortOpen);
        Assert.Equal(5u, driver.Queue().Collect(Limit).Length);
        Assert.True(Port(bus).IsOpen);

        control.Send(ConsoleEvent.PortOpen, value: 0);
        Assert.False(Port(bus).IsOpen);
        await keys.Writer.WriteAsync("late"u8.ToArray());
        driver.Queue().Offer(DriverBuffer.Writable(bus.Allocator.Allocate(16), 16));
        driver.Queue().Kick();

        // The control queue's last interrupt may come only now; it says nothing of the input.
        driver.Interrupt.WaitForChange(driver.Interrupt.Changes, DriverExtensions.Silence);
        Assert.False(driver.Queue().TryCollect(out _));

        control.Send(ConsoleEvent.PortOpen);
        Assert.Equal(4u, driver.Queue().Collect(Limit).Length);
    }

    [Fact]
    public async Task Input_that_a_reset_interrupts_waits_for_the_next_open()
    {
        var keys = new Pipe();
        await using TestBus bus = OnBus(new ConsoleDeviceOptions { Input = keys.Reader.AsStream() });
        new ConsoleControlDriver(bus.Driver().Start()).Open(0);
        bus.Driver().Start();
        Assert.False(Port(bus).IsOpen);
        await keys.Writer.WriteAsync("typed"u8.ToArray());

        Assert.Equal("typed"u8, new ConsoleDriver(bus.Driver()).Read(16));
    }

    [Fact]
    [Requirement("CON-3")]
    public void A_port_is_announced_once_however_often_the_driver_says_that_it_is_ready()
    {
        using TestBus bus = OnBus(new ConsoleDeviceOptions { MaxPortCount = 2 });
        var control = new ConsoleControlDriver(bus.Driver().Start());
        for (int i = 0; i < 3; i++)
            control.Send(ConsoleEvent.DeviceReady);
        Assert.Equal("PortAdd 0 1", control.Receive());
        for (int i = 0; i < 3; i++)
            control.Send(ConsoleEvent.DeviceReady);

        ConsolePort port = Device(bus).AddPort(new ConsolePortOptions());
        Assert.Equal(1, port.Number);
        Assert.Equal("PortAdd 1 1", control.Receive());
        control.AssertSilent();
    }

    [Fact]
    [Requirement("CON-4")]
    public async Task A_port_beyond_the_limit_is_refused()
    {
        await using TestBus bus = OnBus(new ConsoleDeviceOptions { MaxPortCount = 3 });
        var control = new ConsoleControlDriver(bus.Driver().Start());
        control.Open(0);
        ConsolePort first = Device(bus).AddPort(new ConsolePortOptions());
        Device(bus).AddPort(new ConsolePortOptions());
        var refusal = Assert.Throws<InvalidOperationException>(() => Device(bus).AddPort(new ConsolePortOptions()));
        Assert.Contains("3 ports", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(["PortAdd 1 1", "PortAdd 2 1"], Messages(control, 2));

        await Device(bus).RemovePortAsync(first);
        Device(bus).AddPort(new ConsolePortOptions());
        Assert.Equal(["PortRemove 1 1", "PortAdd 1 1"], Messages(control, 2));
        control.AssertSilent();
    }

    [Fact]
    [Requirement("CON-5")]
    public async Task Only_a_port_that_the_driver_knows_is_removed_from_it()
    {
        await using TestBus bus = OnBus(new ConsoleDeviceOptions { MaxPortCount = 2 });
        ConsoleDevice device = Device(bus);
        ConsolePort unknown = device.AddPort(new ConsolePortOptions());
        await device.RemovePortAsync(unknown);
        var control = new ConsoleControlDriver(bus.Driver().Start());
        control.Open(0);

        await Assert.ThrowsAsync<ArgumentException>(() => device.RemovePortAsync(unknown));
        await Assert.ThrowsAsync<ArgumentException>(() => device.RemovePortAsync(Port(bus)));
        await using var other = new ConsoleDevice(new ConsoleDeviceOptions { Ports = [new ConsolePortOptions()] });
        await Assert.ThrowsAsync<ArgumentException>(() => device.RemovePortAsync(other.Ports[1]));
        control.AssertSilent();
    }

    [Fact]
    public async Task What_a_driver_wrote_to_a_port_that_was_removed_is_written_out_and_reaches_no_later_port()
    {
        var later = new MemoryStream();
        await using TestBus bus = OnBus(new ConsoleDeviceOptions { MaxPortCount = 2 });
        ConsoleDevice device = Device(bus);
        ConsolePort port = device.AddPort(new ConsolePortOptions { Output = _output });
        var control = new ConsoleControlDriver(bus.Driver().Start());
        control.Open(0, 1);
        DriverQueue queue = bus.Driver().Queue(FirstQueueOfPort1 + 1);
        queue.Exchange("before"u8, 0);

        // The driver has given no buffer for PORT_REMOVE yet, and goes on writing to the port that it knows.
        await device.RemovePortAsync(port);
        ConsolePort next = device.AddPort(new ConsolePortOptions { Output = later });
        Assert.Equal(port.Number, next.Number);
        queue.Exchange("between"u8, 0);
        Assert.Equal(["PortRemove 1 1", "PortAdd 1 1"], Messages(control, 2));
        queue.Exchange("still between"u8, 0);
        control.Send(ConsoleEvent.PortReady, 1);
        queue.Exchange("after"u8, 0);
        await next.FlushAsync().WaitAsync(Limit);

        Assert.Equal("before"u8, _output.ToArray());
        Assert.Equal("after"u8, later.ToArray());
    }

    [Fact]
    public async Task A_port_whose_output_is_stuck_can_be_removed_while_the_driver_waits_for_it()
    {
        var stuck = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        await using TestBus bus = OnBus(new ConsoleDeviceOptions { Ports = [new ConsolePortOptions { Output = stuck.Writer.AsStream() }] });
        new ConsoleControlDriver(bus.Driver().Start()).Open(0, 1);
        DriverQueue queue = bus.Driver().Queue(FirstQueueOfPort1 + 1);
        byte[] piece = new byte[48 << 10];
        for (int i = 0; i < 3; i++)
            queue.Offer(DriverBuffer.Readable(bus.Place(piece), piece.Length));
        queue.Kick();

        await Device(bus).RemovePortAsync(Device(bus).Ports[1]).WaitAsync(Limit);

        for (int i = 0; i < 3; i++)
            queue.Collect(Limit);
    }

    [Fact]
    public async Task A_size_is_told_once_the_driver_has_the_port_and_at_each_change()
    {
        await using TestBus bus = OnBus(new ConsoleDeviceOptions { Ports = [new ConsolePortOptions { IsConsole = true }] });
        ConsolePort port = Device(bus).Ports[1];
        port.Resize(80, 25);
        var control = new ConsoleControlDriver(bus.Driver().Start());
        control.Send(ConsoleEvent.DeviceReady);
        Messages(control, 2);
        control.Send(ConsoleEvent.PortReady, 1);
        Assert.Equal(["ConsolePort 1 1", "Resize 1 1 50001900", "PortOpen 1 1"], Messages(control, 3));

        port.Resize(90, 30);
        port.Resize(100, 40);
        Assert.Equal("Resize 1 1 64002800", control.Receive());
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\nb")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task A_name_that_is_no_file_name_is_refused(string name)
    {
        await using var device = new ConsoleDevice(new ConsoleDeviceOptions { MaxPortCount = 2 });
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => device.AddPort(new ConsolePortOptions { Name = name }));
        Assert.Contains($"'{name}'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_ports_of_one_name_are_refused() =>
        Assert.Throws<ArgumentException>(() =>
            new ConsoleDevice(new ConsoleDeviceOptions { Name = "a", Ports = [new ConsolePortOptions { Name = "a" }] }));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32)]
    public void A_number_of_ports_that_is_too_small_or_too_large_is_refused(int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new ConsoleDevice(new ConsoleDeviceOptions { MaxPortCount = count, Ports = [new ConsolePortOptions()] }));

    [Fact]
    public async Task Each_of_31_ports_carries_its_own_bytes()
    {
        MemoryStream[] outputs = [.. Enumerable.Range(0, 30).Select(_ => new MemoryStream())];
        await using TestBus bus = new(
            new TestBusOptions { MemorySize = 8 << 20 },
            new ConsoleDevice(new ConsoleDeviceOptions
            {
                Ports = [.. outputs.Select((output, index) => new ConsolePortOptions
                {
                    Name = $"p{index + 1}",
                    Output = output,
                    Input = new MemoryStream([(byte)index]),
                })],
            }));
        new ConsoleControlDriver(bus.Driver().Start()).Open([.. Enumerable.Range(0, 31).Select(number => (uint)number)]);
        for (int i = 0; i < 30; i++)
        {
            int queue = FirstQueueOfPort1 + (2 * i);
            Assert.Equal([(byte)i], bus.Driver().Queue(queue).Exchange([], 16));
            bus.Driver().Queue(queue + 1).Exchange(Encoding.ASCII.GetBytes($"out {i}"), 0);
            await Device(bus).Ports[i + 1].FlushAsync().WaitAsync(Limit);
            Assert.Equal($"out {i}", Encoding.ASCII.GetString(outputs[i].ToArray()));
        }
    }

    [Fact]
    public void A_driver_without_multiport_has_one_port_and_the_log_says_that_its_input_is_held()
    {
        var log = new EntryLogger();
        using TestBus bus = new(
            new TestBusOptions { Bus = new MmioBusOptions { Logger = log } },
            new ConsoleDevice(new ConsoleDeviceOptions
            {
                Input = new MemoryStream([7]),
                InputHold = TimeSpan.FromMilliseconds(1),
                Ports = [new ConsolePortOptions { Input = new MemoryStream([8]), Output = _output }],
            }));
        MmioDriver driver = bus.Driver();
        for (int i = 0; i < 3; i++)
        {
            driver.Start(driver.OfferedFeatures & ~ConsoleControlDriver.Multiport);
            var control = new ConsoleControlDriver(driver);
            control.Send(ConsoleEvent.DeviceReady);
            control.Send(ConsoleEvent.PortOpen, 1);
            control.AssertSilent();
        }

        Assert.Equal([7], driver.Queue(0).Exchange([], 16));
        Assert.Single(log.Of(303));
    }

    private static TestBus OnBus(ConsoleDeviceOptions options) => new(new ConsoleDevice(options));

    private static ConsoleDevice Device(TestBus bus) => (ConsoleDevice)bus.Driver().Device;

    private static ConsolePort Port(TestBus bus) => Device(bus).Ports[0];

    private static string[] Messages(ConsoleControlDriver control, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => control.Receive())];
}
