using System.Text;
using Virtio.Devices.Console;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Devices;

public sealed class ConsoleDeviceTests
{
    private const int EmergencyWrite = 8;
    private const ulong Multiport = 1UL << 1;

    private readonly MemoryStream _output = new();

    [Theory]
    [InlineData(DeviceStatusBits.None)]
    [InlineData(DeviceStatusBits.Acknowledge)]
    [InlineData(DeviceStatusBits.Running)]
    [Requirement("CON-1", "CON-2")]
    public async Task The_low_byte_of_an_emergency_write_comes_out_in_any_state(DeviceStatusBits status)
    {
        var console = new ConsoleDevice(new ConsoleDeviceOptions { Output = _output });
        await using var bus = new TestBus(console);
        bus.Driver().BringTo(status);
        bus.Driver().WriteConfig(EmergencyWrite, 0x1122_3341u);
        await console.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("A"u8, _output.ToArray());
    }

    [Fact]
    public async Task Output_arrives_whole_however_it_was_cut()
    {
        var console = new ConsoleDevice(new ConsoleDeviceOptions { Output = _output });
        await using var bus = new TestBus(console);
        MmioDriver driver = bus.Driver().Start();
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(i => $"line {i}\n")));
        var random = new Random(3);
        for (int position = 0; position < text.Length;)
        {
            int count = Math.Min(random.Next(1, 300), text.Length - position);
            driver.Queue(1).Offer([.. Pieces(bus, text.AsSpan(position, count), random)]);
            driver.Queue(1).Kick();
            Assert.Equal(0u, driver.Queue(1).Collect().Length);
            position += count;
        }

        await console.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(text, _output.ToArray());
    }

    [Fact]
    public void Input_arrives_whole_across_resets()
    {
        byte[] text = new byte[200_000];
        new Random(4).NextBytes(text);
        using var bus = new TestBus(
            new ConsoleDevice(new ConsoleDeviceOptions { Input = new MemoryStream(text), InputHold = TimeSpan.Zero }));
        var console = new ConsoleDriver(bus.Driver().Start());
        var received = new List<byte>();
        while (received.Count < text.Length)
        {
            received.AddRange(console.Read(1 + (received.Count % 777)));
            if (received.Count % 50 == 0)
                console = new ConsoleDriver(bus.Driver().Start());
        }

        Assert.Equal(text, received);
    }

    [Fact]
    public void Input_waits_until_there_is_a_buffer_and_goes_on_with_the_first_one()
    {
        using var bus = new TestBus(new ConsoleDevice(new ConsoleDeviceOptions { Input = new EndlessStream(), InputHold = TimeSpan.Zero }));
        MmioDriver driver = bus.Driver().Start();
        var console = new ConsoleDriver(driver);
        Assert.False(driver.Queue(0).TryCollect(out _));
        Assert.Equal(100, console.Read(100).Length);
        Assert.False(driver.Queue(0).TryCollect(out _));
        Assert.Equal(100, console.Read(100).Length);
    }

    [Fact]
    public void A_new_terminal_size_is_announced_to_a_driver_that_took_the_feature()
    {
        var console = new ConsoleDevice(new ConsoleDeviceOptions { Columns = 80, Rows = 25 });
        using var bus = new TestBus(console);
        MmioDriver driver = bus.Driver().Start();
        Assert.Equal(80 | (25 << 16), driver.ReadConfig<int>(0));
        uint generation = driver.ReadRegister(MmioRegisters.ConfigGeneration);
        console.Resize(132, 43);
        Assert.Equal(InterruptBits.ConfigChange, driver.WaitForInterrupt(DriverExtensions.Patience));
        Assert.NotEqual(generation, driver.ReadRegister(MmioRegisters.ConfigGeneration));
        Assert.Equal(132 | (43 << 16), driver.ReadConfig<int>(0));
        driver.Start(driver.OfferedFeatures & ~1UL);
        console.Resize(80, 25);
        Assert.Equal(InterruptBits.None, driver.WaitForInterrupt(DriverExtensions.Silence));
    }

    private static List<DriverBuffer> Pieces(TestBus bus, ReadOnlySpan<byte> bytes, Random random)
    {
        var pieces = new List<DriverBuffer>();
        while (bytes.Length > 0)
        {
            int count = Math.Min(random.Next(1, 100), bytes.Length);
            pieces.Add(DriverBuffer.Readable(bus.Place(bytes[..count]), count));
            bytes = bytes[count..];
        }

        return pieces;
    }

    [Fact]
    public async Task Input_for_a_driver_without_multiport_waits_for_its_first_output()
    {
        using var bus = new TestBus(
            new ConsoleDevice(new ConsoleDeviceOptions { Input = new MemoryStream([7]), InputHold = TimeSpan.FromHours(1) }));
        MmioDriver driver = bus.Driver().Start(bus.Driver().OfferedFeatures & ~Multiport);
        driver.Queue(0).Offer(DriverBuffer.Writable(bus.Allocator.Allocate(16), 16));
        driver.Queue(0).Kick();
        bool before = driver.Queue(0).TryCollect(out _);

        driver.Queue(1).Exchange("x"u8, room: 0);
        UsedBuffer used = await Task.Run(() => driver.Queue(0).Collect(TimeSpan.FromSeconds(10)));

        Assert.False(before);
        Assert.Equal(1u, used.Length);
    }
}
