using System.IO.Pipelines;
using System.Runtime.Versioning;
using System.Text;
using Virtio.Devices;
using Virtio.Devices.Console;
using Virtio.Testing;

namespace Virtio.VhostUser.Tests;

/// <summary>A console that another process serves: its control queues, and the messages that a driver need not repeat.</summary>
[SupportedOSPlatform("linux")]
public sealed class RemoteConsoleTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_served_console_has_as_many_queues_as_its_ports_need_and_delivers_input_to_an_open_port()
    {
        var device = new ConsoleDevice(new ConsoleDeviceOptions
        {
            Input = new MemoryStream("typed"u8.ToArray()),
            Ports = [new ConsolePortOptions { Name = "one" }, new ConsolePortOptions { Name = "two" }],
        });
        await using var served = new ServedAlone(device);
        await using TestBus bus = RemoteDisk.BusFor(VhostUserDevice.Connect(DeviceId.Console, served.Path), hasEventSignals: true);

        Assert.Equal(8, bus.Driver().QueueCount);
        Assert.Equal("typed", Encoding.ASCII.GetString(new ConsoleDriver(bus.Driver().Start()).Read(16)));
    }

    [Fact]
    public async Task A_back_end_that_takes_the_place_of_another_delivers_input_to_a_driver_that_opened_its_port_before()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var output = new MemoryStream();
        var device = new ConsoleDevice(new ConsoleDeviceOptions { Input = new MemoryStream("one"u8.ToArray()) });
        VhostUserServer server = VhostUserServer.Listen(device, path);
        await using TestBus bus = RemoteDisk.BusFor(VhostUserDevice.Connect(DeviceId.Console, path), hasEventSignals: true);
        var driver = new ConsoleDriver(bus.Driver().Start());
        Assert.Equal("one", Encoding.ASCII.GetString(driver.Read(16)));

        await server.DisposeAsync();
        var keys = new Pipe();
        var next = new ConsoleDevice(new ConsoleDeviceOptions { Input = keys.Reader.AsStream(), Output = output });
        await using VhostUserServer later = VhostUserServer.Listen(next, path);
        await keys.Writer.WriteAsync("two"u8.ToArray());

        Assert.Equal("two", Encoding.ASCII.GetString(await Task.Run(() => driver.Read(16)).WaitAsync(Limit)));
        driver.Write("out"u8);
        await next.FlushAsync().WaitAsync(Limit);
        Assert.Equal("out", Encoding.ASCII.GetString(output.ToArray()));
    }
}
