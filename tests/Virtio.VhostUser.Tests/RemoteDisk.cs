using System.Runtime.Versioning;
using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Linux;
using Virtio.Storage;
using Virtio.Testing;
using Virtio.Transports.Mmio;
using Virtio.VhostUser.Protocol;

namespace Virtio.VhostUser.Tests;

/// <summary>A disk that a server in this process serves, on a bus as the device of a back-end.</summary>
[SupportedOSPlatform("linux")]
internal sealed class RemoteDisk : IAsyncDisposable
{
    internal const int Sectors = 2048;

    private readonly string _folder = Directory.CreateTempSubdirectory("vhost-user").FullName;
    private readonly int _queues;
    private readonly bool _isPacked;
    private readonly bool _keepsRecord;

    /// <param name="queues">Number of queues.</param>
    /// <param name="isPacked">Whether the server offers the packed ring.</param>
    /// <param name="hasEventSignals">Whether kicks reach the back-end without a thread in between.</param>
    /// <param name="options">Options of the device.</param>
    /// <param name="keepsRecord">Whether the server keeps an in-flight record.</param>
    internal RemoteDisk(
        int queues = 1, bool isPacked = false, bool hasEventSignals = true, VhostUserDeviceOptions? options = null, bool keepsRecord = true)
    {
        _keepsRecord = keepsRecord;
        _queues = queues;
        _isPacked = isPacked;
        SocketPath = Path.Combine(_folder, "socket");
        Server = Serve();
        Device = VhostUserDevice.Connect(DeviceId.Block, SocketPath, options);
        Bus = BusFor(Device, hasEventSignals);
    }

    /// <summary>Contents of the disk, which outlive the server.</summary>
    internal byte[] Image { get; } = new byte[Sectors * 512];

    internal string SocketPath { get; }

    internal VhostUserServer Server { get; private set; }

    /// <summary>The storage of the next server's disk; null for the image.</summary>
    internal IBlockStorage? Storage { get; set; }

    /// <summary>Features that the next server's device does not offer.</summary>
    internal VirtioFeatures Withheld { get; set; }

    internal VhostUserDevice Device { get; }

    internal TestBus Bus { get; }

    internal static TestBus BusFor(IVirtioDevice device, bool hasEventSignals) => new(
        new TestBusOptions
        {
            AllocateMemory = ranges => SharedGuestMemory.Allocate(ranges),
            Bus = new MmioBusOptions { CreateSignal = hasEventSignals ? (_, _) => new EventSignal() : null },
        },
        device);

    internal ValueTask EndServerAsync() => Server.DisposeAsync();

    internal void StartServer() => Server = Serve();

    public async ValueTask DisposeAsync()
    {
        await Bus.DisposeAsync();
        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private VhostUserServer Serve() => VhostUserServer.Listen(
        new BlockDevice(
            Storage ?? new MemoryStorage(Image),
            new BlockDeviceOptions { Queues = _queues, RingFeatures = (VirtioFeatures.RingDefault | VirtioFeatures.InOrder) & ~Withheld }),
        SocketPath,
        new VhostUserServerOptions { Packed = _isPacked, Withheld = _keepsRecord ? 0 : ProtocolFeatures.InflightInSharedMemory });
}
