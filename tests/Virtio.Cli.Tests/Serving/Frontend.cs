using System.Runtime.Versioning;
using Virtio.Devices;
using Virtio.Linux;
using Virtio.Testing;
using Virtio.Transports.Mmio;
using Virtio.VhostUser;

namespace Virtio.Cli.Tests.Serving;

/// <summary>A machine without a processor that has a device of the command. The test is its driver, which has started.</summary>
[SupportedOSPlatform("linux")]
internal sealed class Frontend : IAsyncDisposable
{
    private readonly TestBus _bus;

    internal Frontend(DeviceId device, string socket)
    {
        _bus = new TestBus(
            new TestBusOptions
            {
                AllocateMemory = ranges => SharedGuestMemory.Allocate(ranges),
                Bus = new MmioBusOptions { CreateSignal = (_, _) => new EventSignal() },
                Timeout = TimeSpan.FromMinutes(1),
            },
            VhostUserDevice.Connect(device, socket));
        Driver = _bus.Driver().Start();
    }

    internal MmioDriver Driver { get; }

    public ValueTask DisposeAsync() => _bus.DisposeAsync();
}
